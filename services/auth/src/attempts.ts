import {ServiceError, type Database} from '@pixelpulse/common'

import type {AuthSettings} from './settings.ts'

/** Counts failed log-ins, for all instances together. */
export interface Attempts {
  /** @throws ServiceError TOO_MANY_ATTEMPTS (429) when the account or the address has failed too often. */
  assertAllowed(email: string, address: string): Promise<void>
  failed(email: string, address: string): Promise<void>
}

export function createAttempts(database: Database, settings: AuthSettings): Attempts {
  const {ATTEMPTS_PER_ACCOUNT, ATTEMPTS_PER_ADDRESS, ATTEMPT_WINDOW_SECONDS} = settings
  const windowStart = () =>
    new Date(Math.floor(Date.now() / 1000 / ATTEMPT_WINDOW_SECONDS) * ATTEMPT_WINDOW_SECONDS * 1000)
  const subjects = (email: string, address: string) => [`account ${email}`, `address ${address}`] as const
  return {
    async assertAllowed(email, address) {
      const [account, host] = subjects(email, address)
      const over = await database.read(
        `select from auth.attempts where window_start = $1
         and (subject = $2 and failures >= $3 or subject = $4 and failures >= $5)`,
        [windowStart(), account, ATTEMPTS_PER_ACCOUNT, host, ATTEMPTS_PER_ADDRESS],
      )
      if (over.length > 0)
        throw new ServiceError(429, 'TOO_MANY_ATTEMPTS', 'Too many failed log-ins. Try again later.')
    },
    async failed(email, address) {
      const start = windowStart()
      await database.transaction(
        async (transaction) => {
          // In one order, so that two log-ins never wait for each other in a circle.
          for (const subject of [...subjects(email, address)].sort())
            await transaction.query(
              `insert into auth.attempts (subject, window_start, failures) values ($1, $2, 1)
               on conflict (subject, window_start) do update set failures = attempts.failures + 1`,
              [subject, start],
            )
          await transaction.query('delete from auth.attempts where window_start < $1', [start])
        },
        // Counted twice is better than not at all.
        {isRepeatable: true},
      )
    },
  }
}
