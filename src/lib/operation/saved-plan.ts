import {createHash} from 'node:crypto'
import {readFileSync, writeFileSync} from 'node:fs'
import * as z from 'zod/mini'

import {messageOf, type PpError, refusal, usageError} from '../errors.ts'

const version = z.object({schemaVersion: z.literal(1)})

/** sha256 of what a plan was made from: where it is the same, the same is done. */
export const planHashOf = (...madeFrom: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(madeFrom)).digest('hex')

/** @param command makes the plan anew, with `--plan --out FILE`. @throws PpError PLAN_UNWRITABLE. */
export function savePlan(file: string, plan: object, command: string): void {
  try {
    writeFileSync(file, `${JSON.stringify({schemaVersion: 1, ...plan}, undefined, 2)}\n`, {mode: 0o600})
  } catch (cause) {
    throw usageError('PLAN_UNWRITABLE', {
      message: `The plan could not be saved: ${messageOf(cause)}`,
      hint: `Name a file in a folder that you may write to: ${command} --plan --out FILE`,
      cause,
    })
  }
}

/** @param schema of the plan without its version. @throws PpError PLAN_UNREADABLE. */
export function readPlan<Schema extends z.ZodMiniType>(
  file: string,
  schema: Schema,
  command: string,
): z.infer<Schema> {
  try {
    const document: unknown = JSON.parse(readFileSync(file, 'utf8'))
    version.parse(document)
    return schema.parse(document)
  } catch (cause) {
    const [line = ''] = messageOf(cause).split('\n')
    throw usageError('PLAN_UNREADABLE', {
      message: `${file} holds no saved plan of ${command}: ${line}`,
      hint: `${command} --plan --out ${file}`,
      cause,
    })
  }
}

/** @param hint makes the plan anew. */
export function planStale(file: string, target: string, hint: string): PpError {
  return refusal('PLAN_STALE', {
    message: `${target} has changed since ${file} was made; nothing was touched.`,
    hint,
  })
}
