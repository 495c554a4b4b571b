/** Those of all services: nothing fails, and nothing is answered otherwise than expected. */
const common = {http_req_failed: ['rate<0.001'], checks: ['rate>0.999']}

/**
 * What k6 is to do: a base load, then a surge to four times as much. Sessions begin at a rate, whether those before have ended
 * or not: a service that gets slower is not spared.
 *
 * @param {object} load
 * @param {number} load.sessionsPerMinute of the base load; RATE is another
 * @param {number} load.sessionSeconds how long one takes with its pauses
 * @param {Record<string, string[]>} load.thresholds beside those of all services
 */
export function loadOptions({sessionsPerMinute, sessionSeconds, thresholds}) {
  const rate = Number(__ENV.RATE || sessionsPerMinute)
  const [base, ramp, surge] = [__ENV.BASE || '3m', __ENV.RAMP || '1m', __ENV.SURGE || '3m']
  const atOnce = Math.ceil((rate * sessionSeconds) / 60) + 1
  return {
    setupTimeout: '5m',
    scenarios: {
      base: {
        executor: 'constant-arrival-rate',
        timeUnit: '1m',
        rate,
        duration: base,
        preAllocatedVUs: atOnce * 2,
      },
      surge: {
        executor: 'ramping-arrival-rate',
        startTime: base,
        timeUnit: '1m',
        startRate: rate,
        stages: [
          {target: rate * 4, duration: ramp},
          {target: rate * 4, duration: surge},
          {target: rate, duration: ramp},
        ],
        preAllocatedVUs: atOnce * 8,
      },
    },
    thresholds: {...common, ...thresholds},
  }
}

/**
 * The 95th percentile of each kind of request, in milliseconds.
 *
 * @param {Record<string, number>} limits
 */
export const within = (limits) =>
  Object.fromEntries(
    Object.entries(limits).map(([kind, ms]) => [`http_req_duration{kind:${kind}}`, [`p(95)<${ms}`]]),
  )
