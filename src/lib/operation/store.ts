import {existsSync, linkSync, mkdirSync, readdirSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {lockedError, usageError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'
import {brokenLink, Journal, readableRecords, readLines, type JournalRecord} from './journal.ts'

/** One operation as its journal on this machine tells it. */
export interface OperationSummary {
  readonly id: string
  readonly kind: string
  readonly target: string
  readonly owner: string
  readonly openedAt: string
  readonly step: string | undefined
  /** Undefined while it is unfinished. */
  readonly outcome: string | undefined
}

export const operationsFolder = (fleet: Fleet): string => join(fleet.stateFolder, 'operations')

/** Newest first. */
export function listOperations(fleet: Fleet): readonly OperationSummary[] {
  const folder = operationsFolder(fleet)
  if (!existsSync(folder)) return []
  const ids = readdirSync(folder).sort().reverse()
  return ids.flatMap((id) => {
    const file = join(folder, id, 'journal.ndjson')
    if (!existsSync(file)) return []
    const records = readableRecords(readLines(file))
    return records[0] ? [summaryOf(id, records)] : []
  })
}

export function summaryOf(id: string, records: readonly JournalRecord[]): OperationSummary {
  const opened = records[0]?.data as {kind?: string; target?: string; operator?: {owner?: string}} | undefined
  const closed = records.find((record) => record.type === 'closed')?.data as {outcome?: string} | undefined
  const step = records.findLast((record) => record.type === 'step-intent')?.data as
    {kind?: string} | undefined
  return {
    id,
    kind: opened?.kind ?? 'unknown',
    target: opened?.target ?? 'unknown',
    owner: opened?.operator?.owner ?? 'unknown',
    openedAt: records[0]?.at ?? '',
    step: step?.kind,
    outcome: closed?.outcome,
  }
}

/** @throws PpError OPERATION_UNFINISHED (6): a plain run never goes on with what another one began. */
export function unfinishedOn(fleet: Fleet, target: string): void {
  const unfinished = listOperations(fleet).find(
    (operation) => operation.target === target && operation.outcome === undefined,
  )
  if (!unfinished) return
  throw lockedError('OPERATION_UNFINISHED', {
    message: `${target}: operation ${unfinished.id} of ${unfinished.owner} is unfinished${unfinished.step ? `, at ${unfinished.step}` : ''}.`,
    hint: `pp op resume ${unfinished.id}, or pp op abort ${unfinished.id}`,
  })
}

/** The operation whose id begins so; the only unfinished one when nothing is given. @throws PpError OPERATION_UNKNOWN. */
export function findOperation(fleet: Fleet, prefix: string | undefined): OperationSummary {
  const all = listOperations(fleet)
  const matching =
    prefix === undefined
      ? all.filter((one) => one.outcome === undefined)
      : all.filter((one) => one.id.startsWith(prefix.toUpperCase()))
  const [only, second] = matching
  if (only && !second) return only
  const known = matching.length > 1 ? matching.map((one) => one.id).join(', ') : 'none'
  throw usageError('OPERATION_UNKNOWN', {
    message:
      prefix === undefined
        ? `There is not exactly one unfinished operation: ${known}.`
        : `No single operation begins with "${prefix}": ${known}.`,
    hint: 'pp op list',
  })
}

export const openJournal = (fleet: Fleet, id: string): Journal => Journal.open(operationsFolder(fleet), id)

/** A journal to look at only; `brokenAt` is the line where its chain of hashes ends. */
export function readJournal(fleet: Fleet, id: string) {
  const file = join(operationsFolder(fleet), id, 'journal.ndjson')
  const lines = readLines(file)
  return {id, file, lines, records: readableRecords(lines), brokenAt: brokenLink(lines)}
}

/** Writes a journal that was fetched from elsewhere, whole or not at all; one that is there is kept beside it. */
export function writeJournal(folder: string, id: string, lines: readonly string[]): void {
  const place = join(folder, id)
  mkdirSync(place, {recursive: true, mode: 0o700})
  const file = join(place, 'journal.ndjson')
  writeFileSync(`${file}.new`, `${lines.join('\n')}\n`, {mode: 0o600, flush: true})
  if (existsSync(file)) linkSync(file, `${file}.until-${new Date().toISOString()}`)
  renameSync(`${file}.new`, file)
}

export const isKnownHere = (fleet: Fleet, prefix: string): boolean =>
  listOperations(fleet).some((one) => one.id.startsWith(prefix.toUpperCase()))
