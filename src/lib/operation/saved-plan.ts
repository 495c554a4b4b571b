import {createHash} from 'node:crypto'
import {readFileSync, writeFileSync} from 'node:fs'
import * as z from 'zod/mini'

import {messageOf, type PpError, refusal, usageError} from '../errors.ts'

const envelope = z.looseObject({schemaVersion: z.literal(1), hash: z.string()})

/** sha256 of what a plan was made from: where it is the same, the same is done. */
export const planHashOf = (...madeFrom: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(madeFrom)).digest('hex')

/** @param anew what makes it, behind `pp` and before `--plan --out FILE`. @throws PpError PLAN_UNWRITABLE. */
export function savePlan(file: string, plan: object, anew: string): void {
  const content = {schemaVersion: 1, ...plan}
  // Of the text: what is undefined is not in the file.
  const hash = planHashOf(JSON.parse(JSON.stringify(content)))
  try {
    writeFileSync(file, `${JSON.stringify({...content, hash}, undefined, 2)}\n`, {mode: 0o600})
  } catch (cause) {
    throw usageError('PLAN_UNWRITABLE', {
      message: `The plan could not be saved: ${messageOf(cause)}`,
      hint: `Name a file in a folder that you may write to: pp ${anew} --plan --out FILE`,
      cause,
    })
  }
}

/**
 * @param what the command that the plan is of, as `scale render`. @param anew as `savePlan` has it.
 * @throws PpError PLAN_UNREADABLE (2), PLAN_EDITED (3).
 */
export function readPlan<Schema extends z.ZodMiniType>(
  file: string,
  schema: Schema,
  {what, anew}: {readonly what: string; readonly anew: string},
): z.infer<Schema> {
  const hint = `pp ${anew} --plan --out ${file}`
  const document = parsed(envelope, () => JSON.parse(readFileSync(file, 'utf8')) as unknown)
  if ('why' in document)
    throw usageError('PLAN_UNREADABLE', {message: `${file} holds no saved plan: ${document.why}.`, hint})
  const {hash, ...content} = document.value
  if (planHashOf(content) !== hash)
    throw refusal('PLAN_EDITED', {
      message: `${file} was changed after it was saved: its hash is of something else. Nothing was touched.`,
      hint,
    })
  const plan = parsed(schema, () => content)
  if ('why' in plan)
    throw usageError('PLAN_UNREADABLE', {message: `${file} holds no saved plan of pp ${what}.`, hint})
  return plan.value
}

function parsed<Schema extends z.ZodMiniType>(
  schema: Schema,
  read: () => unknown,
): {readonly value: z.infer<Schema>} | {readonly why: string} {
  try {
    const result = schema.safeParse(read())
    return result.success ? {value: result.data} : {why: 'it is something else'}
  } catch (cause) {
    return {why: messageOf(cause).split('\n')[0] ?? ''}
  }
}

/** @param hint makes the plan anew. */
export function planStale(file: string, target: string, hint: string): PpError {
  return refusal('PLAN_STALE', {
    message: `${target} has changed since ${file} was made; nothing was touched.`,
    hint,
  })
}
