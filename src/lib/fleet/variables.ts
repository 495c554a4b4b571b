import type {Layer} from './layers.ts'

/** Variables that override one value each. `PP_FLEET` and `PP_ENV` choose the file and the environment instead. */
export const variables: Readonly<Record<string, readonly [string, ...string[]]>> = {
  PP_SSH_USER: ['ssh', 'user'],
  PP_SSH_CONFIG: ['ssh', 'configFile'],
  PP_LEASE_SECONDS: ['timings', 'leaseSeconds'],
  PP_GUARD_SECONDS: ['timings', 'guardSeconds'],
  PP_VERIFY_SECONDS: ['timings', 'verifySeconds'],
  PP_PAUSE_SECONDS: ['timings', 'pauseSeconds'],
  PP_WINDOW_SECONDS: ['timings', 'windowSeconds'],
}

/** @param isLab `PP_LAB` renames the lab of a lab environment; it never turns a real site into a lab. */
export function variablesLayer(env: NodeJS.ProcessEnv, isLab: boolean): Layer[] {
  const known = Object.entries(isLab ? {...variables, PP_LAB: ['lab']} : variables)
  return known.flatMap(([name, path]) => {
    const text = env[name]
    if (!text) return []
    const value = path[0] === 'timings' && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
    return [{value: nested(path, value), source: () => `variable ${name}`}]
  })
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({[key]: inner}), value)
}
