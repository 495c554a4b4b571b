import {addGauge} from '@pixelpulse/common/metrics'
import {Counter, Histogram, type Registry} from 'prom-client'

import type {Outage} from './outage.ts'
import type {Room} from './room.ts'

export interface Measures {
  edited(): void
  /** @param lagSeconds since the first edit of what was committed came. */
  readonly committed: (lagSeconds: number) => void
}

export interface Measured {
  readonly rooms: ReadonlyMap<string, Room>
  readonly outage: Outage
  readonly socketCount: () => number
}

export function createMeasures(registry: Registry, {rooms, outage, socketCount}: Measured): Measures {
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number) => addGauge(registry, name, help, value)
  gauge('collab_rooms', 'Designs that are open', () => rooms.size)
  gauge('collab_sockets', 'WebSockets', socketCount)
  gauge('collab_unsaved_seconds', 'Age of the oldest edit that is not committed', () => oldest(rooms))
  gauge('collab_outage', '1 while the database does not take edits', () => Number(outage.isOn))
  const edits = new Counter({name: 'collab_edits_total', help: 'Edits received', registers})
  const lag = new Histogram({
    name: 'collab_saved_lag_seconds',
    help: 'From the first edit of a write to its commit',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  })
  return {edited: () => edits.inc(), committed: (lagSeconds) => lag.observe(lagSeconds)}
}

function oldest(rooms: ReadonlyMap<string, Room>): number {
  const now = performance.now()
  const times = [...rooms.values()].map(({unsavedSinceMs}) => unsavedSinceMs ?? now)
  return (now - Math.min(now, ...times)) / 1000
}
