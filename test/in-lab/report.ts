import * as z from 'zod'

const report = z.object({
  outcome: z.string(),
  exitCode: z.number(),
  operation: z.object({id: z.string()}),
  timeline: z.object({before: z.number(), after: z.number().nullable()}),
  probe: z.nullable(z.object({attempted: z.number(), failed: z.number()})),
  phases: z.array(z.object({id: z.string(), ms: z.number()})),
  to: z.string(),
  lost: z.nullable(
    z.object({
      condition: z.string(),
      because: z.string(),
      fence: z.nullable(z.looseObject({by: z.string()})),
      salvaged: z.nullable(z.looseObject({bytes: z.number()})),
    }),
  ),
  loss: z.object({proven: z.boolean(), bytes: z.number().nullable()}),
  error: z.nullable(z.object({code: z.string(), message: z.string(), hint: z.string()})),
  findings: z.array(z.string()),
})
export type Report = z.infer<typeof report>

const failure = z.object({
  outcome: z.string(),
  exitCode: z.number(),
  error: z.object({code: z.string(), message: z.string(), hint: z.string()}),
})
export type Failure = z.infer<typeof failure>

interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** The report of an operation that acted. */
export const reportOf = (printed: Printed): Report => parsed(report, printed)
/** What `--json` says of a command that was refused or failed. */
export const failureOf = (printed: Printed): Failure => parsed(failure, printed)

function parsed<T>(schema: z.ZodType<T>, {stdout, stderr}: Printed): T {
  try {
    return schema.parse(JSON.parse(stdout))
  } catch (cause) {
    throw new Error(`Not the document expected on stdout: ${stdout}\n${stderr}`, {cause})
  }
}
