/** A message of so many bytes counts as one more. */
const bytesPerMessage = 10_000

/**
 * How fast somebody may send: `perSecond` messages, and those of two seconds at once.
 * @returns how long nothing more is to be taken, in milliseconds.
 */
export function createThrottle(perSecond: number): (bytes: number, nowMs: number) => number {
  const most = perSecond * 2
  let left = most
  let countedAtMs = -Infinity
  return (bytes, nowMs) => {
    left = Math.min(most, left + ((nowMs - countedAtMs) / 1000) * perSecond) - 1 - bytes / bytesPerMessage
    countedAtMs = nowMs
    return left >= 0 ? 0 : (-left / perSecond) * 1000
  }
}
