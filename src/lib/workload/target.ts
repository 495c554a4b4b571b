/** How many replicas are asked for. */
export type Target =
  | {readonly kind: 'absolute'; readonly replicas: number}
  | {readonly kind: 'relative'; readonly by: number}
  | {readonly kind: 'times'; readonly factor: number}
  /** Never fewer than there are. */
  | {readonly kind: 'at-least'; readonly replicas: number}

/** More than any cluster runs; a number above it is a typing error. */
const mostReplicas = 100_000

/** `24`, `+6`, `-4` or `x3`; undefined when it is none of them. */
export function parseTarget(text: string): Target | undefined {
  const [, sign = '', digits] = /^([+x-]?)(\d{1,6}(?:\.\d+)?)$/.exec(text.trim()) ?? []
  if (digits === undefined) return undefined
  const number = Number(digits)
  if (sign === 'x') return number <= 1000 ? {kind: 'times', factor: number} : undefined
  if (!Number.isInteger(number) || number > mostReplicas) return undefined
  if (sign === '') return {kind: 'absolute', replicas: number}
  return {kind: 'relative', by: sign === '+' ? number : -number}
}

/** `300%`: that share of what runs now, so `x3`; undefined when it is none. */
export function parseSurge(text: string): Target | undefined {
  const [, digits] = /^(\d{1,5}(?:\.\d+)?)\s?%$/.exec(text.trim()) ?? []
  const share = Number(digits)
  return digits === undefined || share < 100 ? undefined : {kind: 'times', factor: share / 100}
}

/** `rack=60,aws=40`; undefined when it is none, names a site twice, or gives nobody anything. */
export function parseSplit(text: string): readonly {site: string; parts: number}[] | undefined {
  const shares = text.split(',').map((one) => /^\s*([\w.-]+)=(\d{1,6}(?:\.\d+)?)%?\s*$/.exec(one))
  const split = shares.flatMap((found) =>
    found?.[1] === undefined ? [] : [{site: found[1], parts: Number(found[2])}],
  )
  const isWhole = split.length === shares.length && new Set(split.map(({site}) => site)).size === split.length
  return isWhole && split.some(({parts}) => parts > 0) ? split : undefined
}

/** @returns what that comes to, rounded up; below zero when more is taken away than there is. */
export function wantedReplicas(target: Target, now: number): number {
  switch (target.kind) {
    case 'absolute':
      return target.replicas
    case 'at-least':
      return Math.max(now, target.replicas)
    case 'relative':
      return now + target.by
    case 'times':
      return Math.ceil(Number((now * target.factor).toPrecision(12)))
  }
}

/** Lower and upper bound of an autoscaler; undefined: as it is. */
export interface Bounds {
  readonly min: number | undefined
  readonly max: number | undefined
}
