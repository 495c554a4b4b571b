import {addGauge, createRegistry} from '@pixelpulse/common/metrics'
import {Counter, Histogram, type Registry} from 'prom-client'

/** How a try of an event ended. */
export type Outcome = 'done' | 'repeated' | 'given_up'

export interface Measures {
  readonly registry: Registry
  readonly ended: (outcome: Outcome, seconds: number) => void
}

/** Counts what AWS Lambda counts by itself, where there is no Lambda. */
export function createMeasures(look: () => {waiting: number; oldestSeconds: number}): Measures {
  const registry = createRegistry('thumbnails')
  const registers = [registry]
  addGauge(registry, 'thumbnails_waiting', 'Events that wait', () => look().waiting)
  addGauge(
    registry,
    'thumbnails_oldest_age_seconds',
    'Age of the oldest event that is not done',
    () => look().oldestSeconds,
  )
  const events = new Counter({
    name: 'thumbnails_events_total',
    help: 'Tries of events, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'thumbnails_seconds',
    help: 'Time that a try takes',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40],
    registers,
  })
  return {
    registry,
    ended(outcome, seconds) {
      events.inc({outcome})
      duration.observe(seconds)
    },
  }
}
