import {HelperRefusal} from '../../drivers/helper/errors.ts'
import type {Helper} from '../../drivers/helper/types.ts'
import {leverRecord, type LeverRecord} from '../../drivers/helper/verbs.ts'
import {messageOf, PpError} from '../../errors.ts'

/** Where a target's lever is kept. */
export interface LeverPlace {
  readonly target: string
  /** Helpers of the voters that answer. */
  readonly voters: readonly Helper[]
  /** How many voters the fleet file names: a majority of these is needed. */
  readonly votersInAll: number
}

export type LeverState =
  | {readonly state: 'engaged' | 'released'; readonly record: LeverRecord | undefined}
  /** Too few voters answer: one of the others may know more. */
  | {readonly state: 'unknown'; readonly answered: number}

const answerSeconds = 2

/** The stop lever as most voters have it; one that slept meanwhile brings nothing back. */
export async function readLever(place: LeverPlace): Promise<LeverState> {
  const answers = await recordsOf(place)
  if (answers.length < majorityOf(place)) return {state: 'unknown', answered: answers.length}
  const record = newest(answers)
  return {state: record?.engaged === true ? 'engaged' : 'released', record}
}

/**
 * Engages or releases the stop lever. It takes no lock, so it can be pulled in the middle of anything.
 *
 * @throws PpError LEVER_NOT_SET: fewer than a majority of the voters have taken it.
 */
export async function setLever(
  place: LeverPlace,
  change: Pick<LeverRecord, 'engaged' | 'by' | 'why'>,
): Promise<LeverRecord> {
  let number = newest(await recordsOf(place))?.number ?? 0
  for (let attempt = 1; ; attempt++) {
    number++
    const answers = await Promise.allSettled(
      place.voters.map((voter) => call(voter, 'lever', {target: place.target, number, ...change})),
    )
    const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.lever] : []))
    const [first] = taken
    if (first && taken.length >= majorityOf(place)) return first
    const reasons = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    )
    const ahead = Math.max(0, ...reasons.map(numberAhead))
    // Somebody else has set it at this moment: whoever comes last counts.
    if (ahead === 0 || attempt === 3) throw notSet(place, taken.length, reasons)
    number = Math.max(number, ahead)
  }
}

const majorityOf = ({votersInAll}: LeverPlace): number => Math.floor(votersInAll / 2) + 1

async function recordsOf({target, voters}: LeverPlace): Promise<readonly (LeverRecord | null)[]> {
  const answers = await Promise.allSettled(voters.map((voter) => call(voter, 'lever-read', {target})))
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.lever] : []))
}

const call = <V extends 'lever' | 'lever-read'>(
  voter: Helper,
  verb: V,
  args: Parameters<typeof voter.call<V>>[1],
) => voter.call(verb, args, {timeoutSeconds: answerSeconds})

/** Two of the same number were set at once, each on some voters: then the one that stops is the safe one. */
function newest(records: readonly (LeverRecord | null)[]): LeverRecord | undefined {
  return records
    .filter((record) => record !== null)
    .sort((a, b) => b.number - a.number || Number(b.engaged) - Number(a.engaged))[0]
}

/** The number of a voter that has refused an older one; 0 for any other failure. */
function numberAhead(reason: unknown): number {
  if (!(reason instanceof HelperRefusal) || reason.code !== 'LEVER_OLD') return 0
  const details = reason.details as {readonly lever?: unknown} | undefined
  const parsed = leverRecord.safeParse(details?.lever)
  return parsed.success ? parsed.data.number : 0
}

function notSet(place: LeverPlace, taken: number, reasons: readonly unknown[]): PpError {
  const {target, votersInAll} = place
  const said = reasons.length > 0 ? ` ${reasons.map(messageOf).join(' ')}` : ''
  return new PpError(taken === 0 ? 'unavailable' : 'human', 'LEVER_NOT_SET', {
    message: `${target}: ${taken} of ${votersInAll} voters have taken the stop lever; ${majorityOf(place)} are needed.${said}`,
    hint: 'pp status',
  })
}
