import {again} from '../again.ts'
import type {ImagePlace} from '../drivers/registry/ask-registry.ts'
import {usageError} from '../errors.ts'

const tag = /^\w[\w.-]{0,127}$/
const digest = /^sha256:[0-9a-f]{64}$/
const reference =
  /^(?<repository>(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/

/**
 * The image that a container will have.
 *
 * @param running reference that it has now: `registry.example/pixelpulse/auth:1.4.0`.
 * @param asked a tag or a digest of the same repository, or a whole reference.
 * @throws PpError IMAGE_INVALID.
 */
export function imageFor(running: string, asked: string): string {
  const {repository} = partsOf(running) ?? {}
  if (repository !== undefined && tag.test(asked)) return `${repository}:${asked}`
  if (repository !== undefined && digest.test(asked)) return `${repository}@${asked}`
  const whole = partsOf(asked)
  if (whole?.tag !== undefined || whole?.digest !== undefined) return asked
  throw usageError('IMAGE_INVALID', {
    message: `"${asked}" is neither a tag, a digest (sha256:…) nor an image with one of them.`,
    hint: again('--image', 'TAG'),
  })
}

/** What tells images of one repository apart, for the eye: its tag, or the beginning of its digest. */
export function versionOf(image: string): string {
  const parts = partsOf(image)
  return parts?.tag ?? parts?.digest?.slice(0, 'sha256:'.length + 12) ?? image
}

/** Whether both name the same image; what is left out has the meaning that a container runtime gives it. */
export function isImageNamed(one: string, other: string): boolean {
  const [some, others] = [placeOf(one), placeOf(other)]
  if (!some || !others) return one === other
  return (
    some.host === others.host && some.repository === others.repository && some.reference === others.reference
  )
}

/** Where an image is to be had, with what a container runtime fills in; undefined: it is no name of an image. */
export function placeOf(image: string): ImagePlace | undefined {
  const parts = partsOf(image)
  if (parts === undefined) return undefined
  const [first = '', ...rest] = parts.repository.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = rest.length === 0 ? `library/${first}` : parts.repository
  return {
    host: isHost ? first : 'docker.io',
    repository: isHost ? rest.join('/') : path,
    reference: parts.digest ?? parts.tag ?? 'latest',
  }
}

function partsOf(image: string) {
  const {repository, tag: named, digest: fixed} = reference.exec(image)?.groups ?? {}
  return repository === undefined ? undefined : {repository, tag: named, digest: fixed}
}
