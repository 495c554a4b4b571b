import {again} from '../../again.ts'
import {counted} from '../../counted.ts'
import {refusal} from '../../errors.ts'
import type {Fleet} from '../../fleet/types.ts'
import {openService, refuseWhileUnfinished, type OpenService} from '../open-service.ts'
import {plannedScale, type PlannedScale} from '../scale.ts'
import type {ScaleRequest} from '../types.ts'
import {intentOf, type WaitOptions} from './intent.ts'
import {withEarlier} from './earlier.ts'
import {lookAt} from './look.ts'
import {remembered} from './memory.ts'
import {planForward} from './plan.ts'
import type {ScaleIntent, ScaleState, ScaleStep} from './types.ts'

/** What is about to be done, with its clusters connected. */
export interface PreparedScale {
  readonly service: OpenService
  readonly intent: ScaleIntent
  readonly state: ScaleState
  readonly steps: readonly ScaleStep[]
  readonly fingerprint: string
  /** The fingerprint as it is now. */
  readonly planned: () => Promise<string>
}

/**
 * Connects to the clusters of a planned scale and looks at the fields that it sets.
 *
 * @throws PpError NODE_GROUP_GROWTH, TARGET_LOCKED, OPERATION_UNFINISHED, and what the clusters throw.
 */
export async function prepareScale(
  fleet: Fleet,
  request: ScaleRequest,
  plan: PlannedScale,
  wait: WaitOptions,
): Promise<PreparedScale> {
  refuseGrowth(plan, request)
  const {service: name, site} = request
  const meant = intentOf(plan, request, wait)
  return prepared(fleet, name, site, async ({clusters}) => {
    const state = await lookAt(meant, clusters)
    const intent = await withEarlier(meant, state, clusters)
    return {
      intent,
      state,
      steps: firstSteps(state, intent),
      fingerprint: fingerprintOf(plan),
      planned: async () => fingerprintOf(await plannedScale(fleet, request)),
    }
  })
}

/** Connects to the clusters of a service, and plans there. */
export async function prepared(
  fleet: Fleet,
  name: string,
  site: string | undefined,
  plan: (service: OpenService) => Promise<Omit<PreparedScale, 'service'>>,
): Promise<PreparedScale> {
  const service = await openService(fleet, name, site)
  try {
    await refuseWhileUnfinished(service)
    return {service, ...(await plan(service))}
  } catch (error) {
    service.close()
    throw error
  }
}

/** What is done where nothing has been done yet. */
export function firstSteps(state: ScaleState, intent: ScaleIntent): readonly ScaleStep[] {
  const plan = planForward(state, intent, remembered([]))
  if (plan.kind === 'refused') throw new Error(plan.reason)
  return plan.steps
}

/** Facts that must not change between showing a plan and acting on it. */
export const fingerprintOf = ({clusters}: PlannedScale): string =>
  JSON.stringify(
    clusters.map(({cluster, owner, changes, wanted, growth, returns, recedes}) => ({
      cluster,
      owner,
      changes,
      wanted,
      growth: growth.map(({group, from, to, added}) => ({group, from, to, added})),
      returns,
      recedes,
    })),
  )

/** The Pods would wait for nodes that nobody makes. */
function refuseGrowth({clusters, wanted}: PlannedScale, {service}: ScaleRequest): void {
  const growing = clusters.flatMap(({cluster, growth}) =>
    growth
      .filter(({maker}) => maker === undefined)
      .map(({group, from, to, pods}) => ({text: `${cluster}: pool ${group} ${from} → ${to}`, pods})),
  )
  if (growing.length === 0) return
  const without = growing.reduce((left, {pods}) => left - pods, wanted)
  throw refusal('NODE_GROUP_GROWTH', {
    message: `${service} needs more nodes for ${wanted} (${growing.map(({text}) => text).join(', ')}), and the fleet file names nobody who makes them; without them there is room for ${counted(without, 'replica')}.`,
    hint: `Say which EKS cluster it is (clusters.NAME.aws in the fleet file), or let the pool grow first, then: ${again()}`,
  })
}
