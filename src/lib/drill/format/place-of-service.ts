export interface PlaceOfService {
  readonly service: string
  readonly site: string
}

/** What stands for the address of a service until a run begins, as `{primary}` does for a host. */
export const placeOfService = ({service, site}: PlaceOfService): string => `{${service} on ${site}}`

/** The service at the beginning of an address, and what follows it; undefined where the address is one already. */
export function placedService(url: string): (PlaceOfService & {readonly path: string}) | undefined {
  const [, service, site, path = ''] = /^\{(\S+) on (\S+)\}(.*)$/.exec(url) ?? []
  return service === undefined || site === undefined ? undefined : {service, site, path}
}
