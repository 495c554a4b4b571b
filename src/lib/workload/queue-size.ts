/** What waits to be worked on. */
export interface Queue {
  readonly depth: number
  readonly oldestSeconds: number
  /** Mean time of one job; a replica works on one at a time. */
  readonly jobSeconds: number
}

/**
 * How many replicas work off a queue so that no job of it waits longer than a time: what the oldest has waited counts. Where
 * that time is over already, or is over before one job could be done, all of it counts anew.
 */
export function replicasForQueue(
  {depth, oldestSeconds, jobSeconds}: Queue,
  withinSeconds: number,
): {readonly count: number; readonly withinSeconds: number} {
  const left = withinSeconds - oldestSeconds
  const within = left >= jobSeconds ? left : withinSeconds
  return {
    count: Math.max(1, Math.ceil(Number(((depth * jobSeconds) / within).toPrecision(12)))),
    withinSeconds: within,
  }
}
