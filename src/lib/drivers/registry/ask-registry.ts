import {messageOf} from '../../errors.ts'

/** An image as registries know it. */
export interface ImagePlace {
  /** With the port, where it has one. */
  readonly host: string
  readonly repository: string
  /** Tag or digest. */
  readonly reference: string
}

/** `unknown`: nobody could say it; `why` tells what kept them. */
export type RegistryAnswer =
  {readonly kind: 'there'} | {readonly kind: 'missing'} | {readonly kind: 'unknown'; readonly why: string}

/** All that a registry may have under a tag; one that is not asked for is told as missing. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const patienceMs = 3000

/**
 * Asks a registry whether it has an image: one HEAD of its manifest, as anybody may, by the OCI distribution specification
 * 1.1; nothing is fetched. No login is sent, so an image that needs one is `unknown`.
 */
export async function askRegistry(
  {host, repository, reference}: ImagePlace,
  timeoutMs = patienceMs,
): Promise<RegistryAnswer> {
  const signal = AbortSignal.timeout(timeoutMs)
  // As container runtimes do it: without TLS only on this machine.
  const scheme = /^(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?$/.test(host) ? 'http' : 'https'
  const url = new URL(
    `${scheme}://${host === 'docker.io' ? 'registry-1.docker.io' : host}/v2/${repository}/manifests/${reference}`,
  )
  const look = (token?: string) =>
    fetch(url, {
      method: 'HEAD',
      signal,
      headers: {accept: manifestTypes, ...(token !== undefined && {authorization: `Bearer ${token}`})},
    })
  try {
    const first = await look()
    const service = first.status === 401 ? tokenUrl(first.headers.get('www-authenticate'), scheme) : undefined
    const {status} = service ? await look(await anonymousToken(service, signal)) : first
    if (status === 200) return {kind: 'there'}
    if (status === 404) return {kind: 'missing'}
    const why = status === 401 || status === 403 ? 'it wants a login' : `it answered ${status}`
    return {kind: 'unknown', why}
  } catch (error) {
    if (signal.aborted) return {kind: 'unknown', why: `no answer within ${timeoutMs / 1000} s`}
    return {kind: 'unknown', why: messageOf((error as {readonly cause?: unknown}).cause ?? error)}
  }
}

/** Where a token is to be had; undefined: another way to log in. */
function tokenUrl(challenge: string | null, scheme: 'http' | 'https'): URL | undefined {
  if (!challenge || !/^bearer /i.test(challenge)) return undefined
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      value,
    ]),
  )
  const realm = parameters.get('realm') ?? ''
  if (!URL.canParse(realm)) return undefined
  const url = new URL(realm)
  if (url.protocol !== 'https:' && url.protocol !== `${scheme}:`) return undefined
  for (const name of ['service', 'scope']) {
    const value = parameters.get(name)
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url
}

async function anonymousToken(url: URL, signal: AbortSignal): Promise<string | undefined> {
  const answer = await fetch(url, {signal})
  if (!answer.ok) return undefined
  const said = (await answer.json()) as {readonly token?: unknown; readonly access_token?: unknown}
  const token = said.token ?? said.access_token
  return typeof token === 'string' ? token : undefined
}
