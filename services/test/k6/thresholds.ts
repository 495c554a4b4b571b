import type {Kind} from './samples.ts'

const compare: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)

/** What may be asked of each kind of metric, as k6 has it. */
const aggregates: Readonly<Record<Kind, Readonly<Record<string, (values: readonly number[]) => number>>>> = {
  counter: {count: sum},
  gauge: {value: (values) => values.at(-1) ?? Number.NaN},
  rate: {rate: (values) => sum(values) / values.length},
  trend: {
    avg: (values) => sum(values) / values.length,
    min: (values) => Math.min(...values),
    max: (values) => Math.max(...values),
    med: (values) => percentile(values, 50),
  },
}

/** Whether `p(95)<500`, `rate<0.001` and the like hold. @throws Error for what k6 would not take either. */
export function expect(kind: Kind, values: readonly number[], condition: string): boolean {
  const [, aggregate = '', percent, sign = '', limit] =
    /^\s*([a-z]+)(?:\(([\d.]+)\))?\s*(<=|>=|==|<|>)\s*([\d.]+)\s*$/.exec(condition) ?? []
  const take =
    kind === 'trend' && aggregate === 'p' && percent !== undefined
      ? (all: readonly number[]) => percentile(all, Number(percent))
      : aggregates[kind][aggregate]
  const holds = compare[sign]
  if (!take || !holds) throw new Error(`${condition} cannot be asked of a ${kind}`)
  return values.length > 0 && holds(take(values), Number(limit))
}

/** Between the two nearest values, as k6 does it. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (percent / 100) * (sorted.length - 1)
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low + (high - low) * (place - Math.floor(place))
}
