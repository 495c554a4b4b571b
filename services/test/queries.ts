import {parser} from '@prometheus-io/lezer-promql'

/** What a query of Prometheus names. */
export interface Query {
  readonly selectors: readonly Selector[]
  /** Labels that results are grouped or matched by. */
  readonly groupings: readonly string[]
}

export interface Selector {
  readonly metric: string
  readonly labels: ReadonlyMap<string, string>
}

/** @throws Error that shows where it cannot be read. */
export function readQuery(text: string): Query {
  const query = text.replaceAll('$__rate_interval', '5m')
  const selectors: {metric: string; labels: Map<string, string>}[] = []
  const groupings: string[] = []
  parser.parse(query).iterate({
    enter({type, from, to, node}) {
      if (type.isError) throw new Error(`cannot be read at ${query.slice(from)}: ${query}`)
      const parent = node.parent?.name
      const word = query.slice(from, to)
      if (type.name === 'VectorSelector') selectors.push({metric: '', labels: new Map()})
      if (type.name === 'Identifier' && parent === 'VectorSelector') selectors.at(-1)!.metric = word
      if (type.name === 'LabelName' && parent === 'GroupingLabels') groupings.push(word)
      if (type.name === 'UnquotedLabelMatcher') {
        const [name, value] = ['LabelName', 'StringLiteral'].map((child) => node.getChild(child)!)
        const textOf = ({from, to}: {from: number; to: number}) => query.slice(from, to)
        selectors.at(-1)!.labels.set(textOf(name!), textOf(value!).slice(1, -1))
      }
    },
  })
  return {selectors, groupings}
}

/** Names of metrics, and of the labels that each has. */
export type Exported = ReadonlyMap<string, ReadonlySet<string>>

/** @param text as `GET /metrics` answers it: each series is written as a query for it would be. */
export function readMetrics(text: string): Exported {
  const exported = new Map<string, Set<string>>()
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const {metric, labels} = readQuery(line.slice(0, line.lastIndexOf(' '))).selectors[0]!
    exported.set(metric, new Set([...(exported.get(metric) ?? []), ...labels.keys()]))
  }
  return exported
}

/** What Prometheus adds to each series that it scrapes. */
const ofTarget = ['job', 'instance', 'site']

/** All labels that the series have which a query is about. */
export function labelsIn({selectors}: Query, exported: Exported): ReadonlySet<string> {
  return new Set(selectors.flatMap(({metric}) => [...ofTarget, ...(exported.get(metric) ?? [])]))
}

/** What a query names and nobody exports. */
export function unknownIn(query: Query, exported: Exported): string[] {
  const {selectors, groupings} = query
  const isOf = (metric: string, label: string) =>
    ofTarget.includes(label) || exported.get(metric)?.has(label) === true
  const labels = labelsIn(query, exported)
  return [
    ...selectors.map(({metric}) => metric).filter((metric) => !exported.has(metric)),
    ...selectors.flatMap(({metric, labels}) =>
      [...labels.keys()].filter((label) => !isOf(metric, label)).map((label) => `${metric}{${label}}`),
    ),
    ...groupings.filter((label) => !labels.has(label)).map((label) => `by ${label}`),
  ]
}
