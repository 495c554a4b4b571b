import type {Labels, Requirement, Selector, Taint, Toleration} from './facts.ts'

/** @param selector undefined matches nothing. */
export const isSelected = (labels: Labels, selector: Selector | undefined): boolean =>
  selector?.every((requirement) => holds(requirement, labels[requirement.key])) ?? false

/** Whether a label's value is as required; undefined: there is no such label. */
export function holds({operator, values}: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isWhole(value) && Number(value) > Number(values[0])
    case 'Lt':
      return isWhole(value) && Number(value) < Number(values[0])
    default:
      return false
  }
}

const isWhole = (value: string | undefined): boolean => value !== undefined && /^[+-]?\d+$/.test(value)

export const selectorOfLabels = (labels: Labels): Selector =>
  Object.entries(labels).map(([key, value]) => ({key, operator: 'In', values: [value]}))

/** A selector as the API server takes it in `labelSelector`; empty for one that matches everything. */
export const selectorText = (selector: Selector): string =>
  selector
    .map(({key, operator, values}) => {
      switch (operator) {
        case 'Exists':
          return key
        case 'DoesNotExist':
          return `!${key}`
        case 'NotIn':
          return `${key} notin (${values.join(',')})`
        default:
          return `${key} in (${values.join(',')})`
      }
    })
    .join(',')

/** The first taint that keeps a Pod away. */
export const untolerated = (
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
): Taint | undefined =>
  taints.find(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  )

function tolerates({key, operator, value, effect}: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  if (operator === 'Exists') return true
  return (operator === '' || operator === 'Equal') && key !== '' && value === taint.value
}
