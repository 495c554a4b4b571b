import type {FaultSpec, HostFaultSpec} from './format/types.ts'

export const isOnHost = (fault: FaultSpec): fault is HostFaultSpec => 'host' in fault

/** What a fault hits, in words: a host by its name, `gateway on aws`, `zone us-east-1a of aws`. */
export function faultPlace(fault: FaultSpec): string {
  switch (fault.kind) {
    case 'delete-pods':
      return `${fault.service} on ${fault.site ?? 'every site'}`
    case 'drain':
      return `${fault.node === undefined ? `zone ${fault.zone ?? ''}` : `node ${fault.node}`} of ${fault.site}`
    case 'cut-link':
      return 'the link between the sites'
    default:
      return fault.host
  }
}
