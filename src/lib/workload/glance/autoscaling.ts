import {isHindered, type Autoscalers} from '../autoscalers.ts'
import type {Owner} from '../facts.ts'
import type {AutoscalerGlance} from './types.ts'

/**
 * What the autoscaler of a Deployment wants, and what keeps it from working. A ScaledObject's is the HPA that KEDA has made for it.
 *
 * @returns null where none, or where several fight each other.
 */
export function autoscalerAmong(
  {autoscalers, scaledObjects}: Autoscalers,
  deployment: string,
  owner: Owner,
): AutoscalerGlance | null {
  if (owner.kind !== 'hpa' && owner.kind !== 'keda') return null
  const hpa = autoscalers.find(({spec}) => isTarget(spec.scaleTargetRef, deployment))
  const scaledObject =
    owner.kind === 'keda' ? scaledObjects.find(({metadata}) => metadata.name === owner.name) : undefined
  const problemsOf = (kind: string, of: typeof hpa | typeof scaledObject) =>
    (of?.status.conditions ?? [])
      .filter((one) => isHindered(one))
      .map(({type, status, reason, message}) => ({
        object: `${kind}/${of?.metadata.name ?? ''}`,
        type,
        status,
        reason,
        message,
      }))
  return {
    hpa: hpa?.metadata.name ?? null,
    ...replicasOf(hpa),
    problems: [...problemsOf('scaledobject', scaledObject), ...problemsOf('horizontalpodautoscaler', hpa)],
  }
}

const isTarget = (target: {readonly kind: string; readonly name: string}, deployment: string): boolean =>
  target.kind === 'Deployment' && target.name === deployment

/** One that has not computed a number yet says 0, which it wants of what runs only where its lower bound is 0. */
function replicasOf(
  hpa: Autoscalers['autoscalers'][number] | undefined,
): Pick<AutoscalerGlance, 'current' | 'desired'> {
  if (!hpa || hpa.status.conditions.length === 0) return {current: null, desired: null}
  const {currentReplicas: current, desiredReplicas: desired} = hpa.status
  const isComputed = desired > 0 || current === 0 || hpa.spec.minReplicas === 0
  return {current, desired: isComputed ? desired : null}
}
