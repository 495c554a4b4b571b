import {createHash} from 'node:crypto'
import {readFileSync, writeFileSync} from 'node:fs'
import * as z from 'zod/mini'

import {messageOf, refusal, usageError, type PpError} from '../errors.ts'
import type {DrillIntent} from './intent.ts'

const savedPlan = z.object({
  schemaVersion: z.literal(1),
  // As they are: what is parsed anew may have its keys in another order, and so another hash.
  drill: z.unknown(),
  resolved: z.unknown(),
  planHash: z.string(),
})

/** sha256 of a drill and of what it was resolved to: two runs of the same hash do the same to the same hosts. */
export const planHashOf = (drill: unknown, resolved: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([drill, resolved]))
    .digest('hex')

/** @throws PpError PLAN_UNWRITABLE. */
export function saveDrillPlan(file: string, {drill, resolved, planHash}: DrillIntent): void {
  const text = JSON.stringify({schemaVersion: 1, drill, resolved, planHash}, undefined, 2)
  try {
    writeFileSync(file, `${text}\n`, {mode: 0o600})
  } catch (cause) {
    throw usageError('PLAN_UNWRITABLE', {
      message: `The plan could not be saved: ${messageOf(cause)}`,
      hint: `Name a file in a folder that you may write to: pp drill ${drill.name} --plan --out FILE`,
      cause,
    })
  }
}

/**
 * Holds a saved plan against what would be done now.
 *
 * @throws PpError PLAN_UNREADABLE (2); PLAN_EDITED, PLAN_STALE (3): nothing was touched.
 */
export function assertSaved(file: string, {drill, planHash}: DrillIntent): void {
  const again = `pp drill ${drill.name} --plan --out ${file}`
  const saved = readPlan(file, again)
  if (planHashOf(saved.drill, saved.resolved) !== saved.planHash)
    throw refusal('PLAN_EDITED', {
      message: `${file} was changed after it was saved: its hash is of something else. Nothing was touched.`,
      hint: `Change ${drill.file} instead, then: pp drill ${drill.name} --plan --out ${file}`,
    })
  if (saved.planHash !== planHash)
    throw refusal('PLAN_STALE', {
      message: `${drill.name} would do something else now than when ${file} was saved; nothing was touched.`,
      hint: again,
    })
}

function readPlan(file: string, again: string): z.infer<typeof savedPlan> {
  try {
    return savedPlan.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    const [line = ''] = messageOf(cause).split('\n')
    throw unreadable(`${file} holds no saved plan of a drill: ${line}`, again)
  }
}

const unreadable = (message: string, hint: string): PpError => usageError('PLAN_UNREADABLE', {message, hint})
