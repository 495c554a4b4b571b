import * as z from 'zod/mini'

import {counted} from '../../counted.ts'
import {heldInWords} from '../node-groups/surplus.ts'
import type {Receded} from './recede.ts'
import type {GrownGroup, Records, ReturnedNode} from './types.ts'

const place = {cluster: z.string(), group: z.string()}
export const grownSchema = z.object({
  ...place,
  was: z.number(),
  to: z.number(),
  known: z.array(z.string()),
  kept: z.optional(z.array(z.string())),
})
export const returnedSchema = z.object({
  ...place,
  node: z.nullable(z.string()),
  instance: z.string(),
  was: z.number(),
  wasCordoned: z.boolean(),
  isUndo: z.boolean(),
})
const stepOf = z.looseObject({kind: z.string()})
const grownProof = z.object({kind: z.literal('grow'), proof: z.object(place)})
const returnedProof = z.object({
  kind: z.literal('return'),
  proof: z.object({instance: z.string(), kept: z.optional(z.string())}),
})
const joinedProof = z.object({
  kind: z.literal('join'),
  proof: z.object({
    groups: z.array(
      z.object({
        cluster: z.string(),
        nodes: z.array(z.string()),
        isThere: z.boolean(),
        because: z.string(),
        next: z.string(),
      }),
    ),
  }),
})

const recededProof = z.object({
  kind: z.literal('recede'),
  proof: z.object({
    clusters: z.array(
      z.object({
        cluster: z.string(),
        pods: z.number(),
        isThere: z.boolean(),
        free: z.array(z.object({group: z.string(), node: z.string(), instance: z.string()})),
        joining: z._default(z.array(z.string()), []),
        held: z._default(z.array(z.object({node: z.string(), pods: z.array(z.string())})), []),
      }),
    ),
  }),
})

/** What an operation has done to node groups, from its journal. */
export interface GroupMemory {
  readonly grown: readonly (GrownGroup & {readonly isDone: boolean})[]
  /** `kept`: why it could not be given back; `isDone`: it was. */
  readonly returned: readonly (ReturnedNode & {
    readonly isDone: boolean
    readonly kept: string | undefined
  })[]
  /** The nodes have been waited for. */
  readonly isJoined: boolean
  /** Why nodes had not come when they were waited for, and what to type. */
  readonly missing: readonly string[]
  /** How far autoscalers had gone down when that was waited for, and what was free then; undefined: it was not. */
  readonly receded: readonly Receded[] | undefined
}

/** As `remembered`: an intent counts from when it was written. */
export function rememberedGroups(records: Records): GroupMemory {
  let grown: GroupMemory['grown'] = []
  let returned: GroupMemory['returned'] = []
  let isJoined = false
  let missing: readonly string[] = []
  let receded: GroupMemory['receded']
  for (const {type, data} of records) {
    if (type === 'step-intent') {
      const step = stepOf.safeParse(data).data
      if (step?.kind === 'grow') {
        const begun = grownSchema.parse(step)
        grown = [...grown.filter((one) => !isSameGroup(one, begun)), {...begun, isDone: false}]
      }
      if (step?.kind === 'return') {
        const begun = returnedSchema.parse(step)
        returned = [
          ...returned.filter(({instance}) => instance !== begun.instance),
          {...begun, isDone: false, kept: undefined},
        ]
      }
    }
    if (type !== 'step-done') continue
    const grew = grownProof.safeParse(data).data?.proof
    if (grew) grown = grown.map((one) => (isSameGroup(one, grew) ? {...one, isDone: true} : one))
    const gone = returnedProof.safeParse(data).data?.proof
    if (gone)
      returned = returned.map((one) =>
        one.instance === gone.instance ? {...one, isDone: gone.kept === undefined, kept: gone.kept} : one,
      )
    receded = recededProof.safeParse(data).data?.proof.clusters ?? receded
    const came = joinedProof.safeParse(data).data?.proof
    if (came) {
      isJoined = true
      missing = came.groups.flatMap(({cluster, isThere, because, next}) =>
        isThere ? [] : [`${cluster}: ${because}: ${next}`],
      )
    }
  }
  return {grown, returned, isJoined, missing, receded}
}

interface Place {
  readonly cluster: string
  readonly group: string
}
export const isSameGroup = (one: Place, other: Place): boolean =>
  one.cluster === other.cluster && one.group === other.group

/** The line of a step that is done, from its proof. */
export function provedInWords(proof: unknown): string | undefined {
  const came = joinedProof.shape.proof.safeParse(proof).data
  if (came)
    return came.groups
      .map(({nodes, isThere, because}) => (isThere ? `${nodes.join(', ')} Ready` : because))
      .join('; ')
  const receded = recededProof.shape.proof.safeParse(proof).data?.clusters
  if (receded) return receded.map(recededInWords).join('; ')
  const kept = returnedProof.shape.proof.safeParse(proof).data?.kept
  return kept === undefined ? undefined : `it stays: ${kept}`
}

function recededInWords({cluster, pods, isThere, free, joining, held}: Receded): string {
  const nodes = free.length > 0 ? `${free.map(({node}) => node).join(', ')} free` : 'no node free'
  const more = joining.length > 0 ? `, ${joining.join(', ')} no node yet` : ''
  const others = held.length > 0 ? `; ${heldInWords(held)}` : ''
  return `${cluster}: ${isThere ? '' : 'still '}${counted(pods, 'Pod')}, ${nodes}${more}${others}`
}
