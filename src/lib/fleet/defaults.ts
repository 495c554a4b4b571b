/** What holds where no file, section, variable or flag says otherwise; times suit a real site. */
export const defaults = {
  protected: false,
  ssh: {user: 'pp'},
  timings: {leaseSeconds: 30, guardSeconds: 20, verifySeconds: 10, pauseSeconds: 2, windowSeconds: 8},
} as const
