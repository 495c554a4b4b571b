import type * as z from 'zod'

/** One line a mistake: where, and what is expected there; never the value. */
export function failingLines(error: z.ZodError): string[] {
  return error.issues.map(({path, message}) => `${path.join('.') || '(all)'}: ${message}`)
}
