import {PpError} from '../errors.ts'

/** What is asked for; undefined when it may not be read. */
export async function orUndefinedIfDenied<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof PpError && error.outcome === 'denied') return undefined
    throw error
  }
}
