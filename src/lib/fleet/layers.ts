/** One source of settings, such as a file, its environment section, or the variables. */
export interface Layer {
  /** What `pp config explain` calls it. */
  readonly source: (path: readonly string[]) => string
  readonly value: unknown
}

export interface Merged {
  readonly value: Record<string, unknown>
  /** Source of each leaf, by its dotted path. */
  readonly sources: ReadonlyMap<string, string>
}

/** Lays the sources over one another; the first one named wins, key by key. */
export function mergeLayers(strongestFirst: readonly Layer[]): Merged {
  const sources = new Map<string, string>()
  const value: Record<string, unknown> = {}
  for (const layer of strongestFirst.toReversed()) lay(value, layer.value, [], layer, sources)
  return {value, sources}
}

function lay(
  onto: Record<string, unknown>,
  from: unknown,
  path: readonly string[],
  layer: Layer,
  sources: Map<string, string>,
): void {
  if (!isMapping(from)) return
  for (const [key, value] of Object.entries(from)) {
    if (value === undefined) continue
    const here = [...path, key]
    if (isMapping(value)) {
      const below = onto[key]
      const inner = isMapping(below) ? below : {}
      onto[key] = inner
      lay(inner, value, here, layer, sources)
    } else {
      onto[key] = value
      sources.set(here.join('.'), layer.source(here))
    }
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
