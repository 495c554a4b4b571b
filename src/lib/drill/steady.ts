import {setTimeout as sleep} from 'node:timers/promises'

import {lookOnce, resultOf, type Looked} from './looked.ts'
import type {Vantage} from './probes/vantage.ts'
import type {ProbeResult} from './report/report-types.ts'
import type {Drill, ProbeTime, SteadyState} from './format/types.ts'

export interface SteadyOptions {
  readonly vantage: Vantage
  readonly now: () => number
  readonly isInterrupted: () => boolean
}

const claimsFor = (drill: Drill, time: ProbeTime): readonly SteadyState[] =>
  drill.steadyState.filter(({when}) => when.includes(time))

/** Looks at each claim once, and again as often as it may miss: as soon as it cannot be held any more it is broken. */
export async function steadyNow(
  drill: Drill,
  time: 'before' | 'after',
  {vantage, now, isInterrupted}: SteadyOptions,
): Promise<readonly ProbeResult[]> {
  return Promise.all(
    claimsFor(drill, time).map(async (claim) => {
      const looks: Looked[] = []
      do {
        if (looks.length > 0) await sleep(claim.paceSeconds * 1000)
        looks.push(await lookOnce(claim, vantage, now))
      } while (looks.at(-1)?.state !== 'good' && looks.length <= claim.allowedMisses && !isInterrupted())
      return resultOf(claim, time, looks)
    }),
  )
}

/** Waits until each claim holds several times in a row, or the time is over. */
export async function untilRecovered(
  drill: Drill,
  limitSeconds: number,
  {vantage, now, isInterrupted}: SteadyOptions,
): Promise<readonly ProbeResult[]> {
  const deadline = now() + limitSeconds
  return Promise.all(
    claimsFor(drill, 'until-recovered').map(async (claim) => {
      const looks: Looked[] = []
      for (let inARow = 0; inARow < claim.goodInARow && now() < deadline && !isInterrupted();) {
        const looked = await lookOnce(claim, vantage, now)
        looks.push(looked)
        inARow = looked.state === 'good' ? inARow + 1 : 0
        if (inARow < claim.goodInARow) await sleep(claim.paceSeconds * 1000)
      }
      const last = looks.slice(-claim.goodInARow)
      const hasRecovered = last.length === claim.goodInARow && last.every(({state}) => state === 'good')
      return {...resultOf(claim, 'until-recovered', looks), status: hasRecovered ? 'held' : 'broken'}
    }),
  )
}
