import type {Look, Marker, OutsideProbe, ProberClocks} from '../drivers/prober/types.ts'
import type {Looked} from './looked.ts'
import type {Drill, ProbeSpec} from './format/types.ts'

/** Whether a claim is one that any client could check: the outside prober looks at it, also when pp is gone. */
export const isOutside = (probe: ProbeSpec): probe is Extract<ProbeSpec, {type: 'http' | 'tcp' | 'sql'}> =>
  ['http', 'tcp', 'sql'].includes(probe.type)

/** What the outside prober has to look at during a run, beside its rows. */
export const outsideProbes = (drill: Drill): readonly OutsideProbe[] =>
  drill.steadyState
    .filter(({when}) => when.includes('during'))
    .flatMap(({name, probe, paceSeconds, timeoutSeconds}) =>
      isOutside(probe) ? [{name, paceSeconds, timeoutSeconds, ...probe}] : [],
    )

/** What it has seen, in seconds since the start of the run. */
export interface OutsideView {
  readonly markers: readonly Marker[]
  readonly looks: readonly Looked[]
}

/** @param startedBootSeconds CLOCK_BOOTTIME of the client host when the run began. */
export function outsideView(
  {markers, looks}: {readonly markers: readonly Marker[]; readonly looks: readonly Look[]},
  {monotonic, boottime}: ProberClocks,
  startedBootSeconds: number,
): OutsideView {
  const seconds = (at: number) => at - monotonic + boottime - startedBootSeconds
  return {
    markers: markers.map((marker) => ({
      ...marker,
      startedAt: seconds(marker.startedAt),
      endedAt: seconds(marker.endedAt),
    })),
    looks: looks.map(({probe, startedAt, endedAt, state, said}) => ({
      probe,
      from: seconds(startedAt),
      to: seconds(endedAt),
      state,
      said: said ?? 'good',
    })),
  }
}
