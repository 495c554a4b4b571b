let wanted: readonly string[] = []
let passed = 0

/** Arms `PP_FAILPOINT`, for kill tests; only ever called for a fleet that a lab plays. */
export function armFailpoint(): void {
  wanted = (process.env.PP_FAILPOINT ?? '').split(' ')
  passed = 0
}

/**
 * A place where a kill test ends this process: `PP_FAILPOINT="kill before promote"` or `"stop after pause"`; with
 * `"kill before roll 2"` it is the second step of that kind.
 *
 * SIGKILL and SIGSTOP cannot be handled, so what follows is what a dead or frozen laptop leaves.
 */
export function failpoint(when: 'before' | 'after', step: string): void {
  const [act, at, name, count = '1'] = wanted
  if (at !== when || name !== step) return
  passed += 1
  if (passed < Number(count)) return
  wanted = []
  process.kill(process.pid, act === 'stop' ? 'SIGSTOP' : 'SIGKILL')
}
