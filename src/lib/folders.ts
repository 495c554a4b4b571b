import {homedir} from 'node:os'
import {join} from 'node:path'

/**
 * Folders of the XDG Base Directory specification, each with `pp` below it.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export const configFolder = (): string => under('XDG_CONFIG_HOME', '.config')
/** What may be deleted at any time: compiled code, the lab's base root. */
export const cacheFolder = (): string => under('XDG_CACHE_HOME', '.cache')
/** What must be kept: journals, labs, traces of bugs. */
export const stateFolder = (): string => under('XDG_STATE_HOME', '.local/state')

function under(variable: string, fallback: string): string {
  const folder = process.env[variable]
  // A relative path in one of these variables is invalid by the specification and is ignored.
  return join(folder?.startsWith('/') ? folder : join(homedir(), fallback), 'pp')
}
