export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)/
const label = /(?<key>[a-zA-Z_]\w*)="(?<text>(?:[^"\\]|\\.)*)"/g

/**
 * Samples of one metric in Prometheus's text format.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function samplesOf(text: string, metric: string): readonly Sample[] {
  return text.split('\n').flatMap((one) => {
    const {name, labels = '', value} = line.exec(one)?.groups ?? {}
    if (name !== metric) return []
    return [{labels: labelsOf(labels), value: numberOf(value ?? '')}]
  })
}

const numberOf = (text: string) => Number(text.replace('Inf', 'Infinity'))

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(label)].map(({groups = {}}) => [groups.key, unescaped(groups.text ?? '')])
  return Object.fromEntries(pairs) as Record<string, string>
}

const unescaped = (text: string) =>
  text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
