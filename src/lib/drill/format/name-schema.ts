import * as z from 'zod'

/** Names of a drill's parts; the first letter tells them from a duration. */
export const partName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a name: lower-case letters, digits and - (63 at most), a letter first')

/** One line that people read. */
export const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, 'a text that is not empty')
    .max(longest, `at most ${longest} characters`)
    // eslint-disable-next-line no-control-regex -- it goes into reports and terminals
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'one line without control characters')
