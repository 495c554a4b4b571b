import type {Site} from './sites.ts'

/** Names in the kernel's tables; all of a lab's can be found again from its name alone, also after a crash. */
export const switchNamespace = (lab: string, site: Site = 'rack'): string =>
  `pp-${lab}-switch${site === 'rack' ? '' : `-${site}`}`
export const hostNamespace = (lab: string, host: string): string => `pp-${lab}-${host}`
export const namespaceFile = (namespace: string): string => `/run/netns/${namespace}`
export const labGroup = (lab: string): string => `pp-${lab}`
export const hostGroup = (lab: string, host: string): string => `pp-${lab}/${host}`
/** Port of the switch that leads to this machine, where `pp` runs. */
export const operatorPort = 'operator'
/** Port of each switch that leads to its end of the link between the sites, which is `uplink`. */
export const routerPort = 'router'
export const siteLink = 'uplink'
/** Whose lab it is; on tmpfs, so that a reboot frees the name. */
export const claimFile = (lab: string): string => `/run/pp-lab/${lab}`
