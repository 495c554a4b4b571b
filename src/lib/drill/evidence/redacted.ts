import {redact} from '../../redact.ts'

/**
 * The same with every text of it redacted. Before it is rendered: escaped for XML or HTML, a secret would no longer
 * look like itself.
 */
export function redacted<T>(value: T): T {
  return redactedValue(value) as T
}

function redactedValue(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(redactedValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactedValue(item)]))
}
