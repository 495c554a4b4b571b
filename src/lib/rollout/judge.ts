import type {Alerts} from './new-alerts.ts'

/** What a version has answered during the time it was looked at. */
export interface Answers {
  readonly requests: number
  /** Of these, what failed by the service's own fault. */
  readonly errors: number
}

export interface Evidence {
  readonly running: Answers
  readonly canary: Answers
  /** Of the service. */
  readonly alerts: Alerts
}

export interface Judgement {
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  /** With the numbers it was made from. */
  readonly reason: string
}

/** A canary that fails one request in twenty shows it within so many, all but one time in 170. */
export const leastRequests = 100
/** Errors that the running version's own rate would bring by chance less often than this are the canary's. */
const chance = 0.01
/** What a version without any error yet is believed to have: a service promises three nines at least. */
const leastRate = 0.001

/** Whether the canary is as good as the running version. A pure function of what was counted. */
export function judge({running, canary, alerts}: Evidence): Judgement {
  const seen = `the canary failed ${canary.errors} of ${canary.requests}, the running version ${running.errors} of ${running.requests}`
  if (alerts.kind === 'seen' && alerts.names.length > 0)
    return {verdict: 'fail', reason: `${alerts.names.join(', ')} fires; ${seen}`}
  const rate = Math.max(leastRate, running.requests === 0 ? 0 : running.errors / running.requests)
  if (atLeast(canary.errors, canary.requests, rate) < chance) return {verdict: 'fail', reason: seen}
  if (canary.requests < leastRequests)
    return {verdict: 'inconclusive', reason: `${leastRequests} requests are needed to tell; ${seen}`}
  if (alerts.kind === 'silent')
    return {
      verdict: 'inconclusive',
      reason: `whether an alert fires is not known; ${seen}; ${alerts.because}`,
    }
  return {verdict: 'pass', reason: seen}
}

/** Probability of `errors` or more in `requests` independent ones that fail at `rate` each (upper tail of the binomial distribution). */
function atLeast(errors: number, requests: number, rate: number): number {
  if (errors === 0) return 1
  if (rate >= 1) return 1
  let below = 0
  // Term by term in logarithms: the first alone is 0 for a float when requests are many.
  let term = requests * Math.log1p(-rate)
  for (let count = 0; count < errors; count++) {
    below += Math.exp(term)
    term += Math.log(requests - count) - Math.log(count + 1) + Math.log(rate) - Math.log1p(-rate)
  }
  return Math.max(0, 1 - below)
}
