import {resolveDestination} from '../drivers/ssh/destination.ts'
import {refusal} from '../errors.ts'
import {findService} from '../fleet/lookup.ts'
import type {Fleet} from '../fleet/types.ts'
import {clusterHosts} from './cluster-hosts.ts'
import {placedService, type PlaceOfService} from './format/place-of-service.ts'
import type {Drill} from './format/types.ts'

/**
 * Where clients reach a service on a site. A host of a cluster's inventory is named by its address: its name need mean nothing to
 * who asks.
 *
 * @throws PpError SERVICE_UNKNOWN, SERVICE_WITHOUT_URL, SSH_….
 */
export async function serviceUrl(fleet: Fleet, {service, site}: PlaceOfService): Promise<string> {
  const {urls} = findService(fleet, service)
  const declared = urls[site]
  if (declared === undefined) throw withoutUrl(fleet, {service, site}, Object.keys(urls))
  const url = new URL(declared)
  const host = clusterHosts(fleet).find(({name}) => name === url.hostname)
  if (host) {
    const aim = {label: host.name, address: host.address, port: host.port, user: undefined}
    url.hostname = (await resolveDestination(aim, fleet.ssh)).hostname
  }
  return url.href.replace(/\/$/, '')
}

/** How the addresses of a drill's claims are found; each service is looked for once. @throws PpError as `serviceUrl`. */
export async function urlsOf(fleet: Fleet, {steadyState}: Drill): Promise<(url: string) => string> {
  const asked = steadyState.flatMap(({probe}) => (probe.type === 'http' ? [probe.url] : []))
  const found = await Promise.all(
    asked.map(async (url) => {
      const placed = placedService(url)
      return [url, placed ? `${await serviceUrl(fleet, placed)}${placed.path}` : url] as const
    }),
  )
  const urls = new Map(found)
  return (url) => urls.get(url) ?? url
}

const withoutUrl = (fleet: Fleet, {service, site}: PlaceOfService, known: readonly string[]) =>
  refusal('SERVICE_WITHOUT_URL', {
    message: `The fleet file does not say where clients reach ${service} on ${site}; its urls are for ${known.join(', ') || 'no site'}.`,
    hint: `Add services.${service}.urls.${site} to ${fleet.file}, then: pp config explain`,
  })
