import {plannedSteps} from '../fakes/cluster-state.ts'
import {failoverSteps} from '../fakes/lost-cluster.ts'
import {Random} from './random.ts'

/** A host by what it is when the round begins; which host that is depends on what happened before. */
export type Role = 'primary' | 'standby 1' | 'standby 2' | 'pooler 1' | 'pooler 2'

export type TortureFault =
  | {readonly kind: 'power-off' | 'freeze' | 'disk-full' | 'hang-archiver' | 'switch-lies' | 'switch-hangs'}
  | {readonly kind: 'kill'; readonly process: 'postgres' | 'pgbouncer'}
  | {readonly kind: 'slow'; readonly delayMs: number}
  | {readonly kind: 'cut'; readonly from: readonly (Role | 'operator')[]; readonly oneWay: boolean}

/** What becomes of a pp that runs: it is killed, or sleeps, at one of its steps or after a time. */
export type Blow =
  | {readonly act: 'kill' | 'stop'; readonly when: 'before' | 'after'; readonly step: string}
  | {readonly act: 'kill'; readonly afterMs: number}

export type TortureEvent =
  | {readonly do: 'break'; readonly on: Role; readonly fault: TortureFault}
  | {readonly do: 'mend'; readonly on: Role}
  | {readonly do: 'wait'; readonly ms: number}
  /** Roles among the arguments stand for hosts. */
  | {readonly do: 'pp'; readonly argv: readonly string[]; readonly blow?: Blow}

export interface Round {
  readonly seed: number
  readonly round: number
  readonly events: readonly TortureEvent[]
  /** How what is unfinished in the end is ended first. */
  readonly endBy: 'resume' | 'abort'
}

/** A place of the change that is likely to come; of the other kind it would never be reached. */
const places = {planned: plannedSteps(), lost: failoverSteps()}
type Change = keyof typeof places

/** One round of a seed, whatever came before it: faults, `pp` that may be killed, and what follows. Pure. */
export function roundOf(seed: number, round: number): Round {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b))
  const events: TortureEvent[] = []
  const faults = random.weighted([
    [2, 0],
    [6, 1],
    [3, 2],
  ])
  for (let n = 0; n < faults; n++) {
    events.push(breakSomething(random))
    if (random.chance(0.3)) events.push({do: 'wait', ms: random.below(3000)})
  }
  const isLost = events.some((event) => event.do === 'break' && event.on === 'primary')
  const change: Change = isLost ? 'lost' : 'planned'
  events.push(failover(random, change))
  if (random.chance(0.35)) events.push(breakSomething(random))
  if (random.chance(0.3)) events.push({do: 'mend', on: random.of(['primary', 'standby 1', 'pooler 1'])})
  if (random.chance(0.6)) events.push(goOn(random, change))
  if (random.chance(0.3)) events.push(failover(random, 'planned'))
  return {seed, round, events, endBy: random.chance(0.7) ? 'resume' : 'abort'}
}

function breakSomething(random: Random): TortureEvent {
  const on = random.weighted<Role>([
    [8, 'primary'],
    [2, 'standby 1'],
    [2, 'standby 2'],
    [1, 'pooler 1'],
    [1, 'pooler 2'],
  ])
  return {do: 'break', on, fault: on.startsWith('pooler') ? poolerFault(random) : memberFault(random)}
}

const memberFault = (random: Random): TortureFault =>
  random.weighted<TortureFault>([
    [4, {kind: 'power-off'}],
    [3, {kind: 'freeze'}],
    [4, {kind: 'kill', process: 'postgres'}],
    [2, {kind: 'disk-full'}],
    [1, {kind: 'hang-archiver'}],
    [1, {kind: 'switch-lies'}],
    [1, {kind: 'switch-hangs'}],
    [1, {kind: 'slow', delayMs: 5 + random.below(100)}],
    [5, {kind: 'cut', from: cutFrom(random), oneWay: random.chance(0.35)}],
  ])

const cutFrom = (random: Random): readonly (Role | 'operator')[] =>
  random.of<readonly (Role | 'operator')[]>([
    [],
    ['operator'],
    ['standby 1'],
    ['standby 1', 'standby 2'],
    ['pooler 1', 'pooler 2'],
    ['operator', 'standby 1', 'standby 2'],
    ['operator', 'pooler 1'],
  ])

const poolerFault = (random: Random): TortureFault =>
  random.weighted<TortureFault>([
    [2, {kind: 'power-off'}],
    [2, {kind: 'freeze'}],
    [2, {kind: 'kill', process: 'pgbouncer'}],
    [2, {kind: 'cut', from: random.of([[], ['operator'], ['primary']]), oneWay: random.chance(0.3)}],
  ])

function failover(random: Random, change: Change): TortureEvent {
  const anyLoss = random.chance(0.12)
  const to = random.chance(0.2) ? ['--to', random.of(['standby 1', 'standby 2'])] : []
  const loss = anyLoss ? ['--max-loss', 'any'] : []
  const argv = ['failover', 'db', '--from', 'primary', ...to, '--yes', '--json', '--again', ...loss]
  return {do: 'pp', argv, ...(random.chance(0.65) ? {blow: blow(random, change)} : {})}
}

const goOn = (random: Random, change: Change): TortureEvent => ({
  do: 'pp',
  argv: ['op', random.weighted([[3, 'resume'], [2, 'abort']]), '--yes', '--json'], // prettier-ignore
  ...(random.chance(0.3) ? {blow: blow(random, change)} : {}),
})

const blow = (random: Random, change: Change): Blow =>
  random.chance(0.75)
    ? {act: random.weighted([[4, 'kill'], [1, 'stop']]), when: random.of(['before', 'after']), step: random.of(places[change] as [string, ...string[]])} // prettier-ignore
    : {act: 'kill', afterMs: 200 + random.below(4000)}
