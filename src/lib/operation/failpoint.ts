let wanted: readonly string[] = []

/** Arms `PP_FAILPOINT`, for kill tests; only ever called for a fleet that a lab plays. */
export function armFailpoint(): void {
  wanted = (process.env.PP_FAILPOINT ?? '').split(' ')
}

/**
 * A place where a kill test ends this process: `PP_FAILPOINT="kill before promote"` or `"stop after pause"`.
 *
 * SIGKILL and SIGSTOP cannot be handled, so what follows is what a dead or frozen laptop leaves.
 */
export function failpoint(when: 'before' | 'after', step: string): void {
  const [act, at, name] = wanted
  if (at !== when || name !== step) return
  wanted = []
  process.kill(process.pid, act === 'stop' ? 'SIGSTOP' : 'SIGKILL')
}
