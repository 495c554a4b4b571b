import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import {parsedJson} from '../../parsed-json.ts'
import {tryProgram} from '../machine/program.ts'

export interface K6Run {
  /** Absolute path. */
  readonly script: string
  /** Given to the script as -e; they show in the list of processes, so none is a secret. */
  readonly variables: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
  /** Asked again and again; k6 is ended once it says so. */
  readonly isStopped: () => boolean
}

export type K6Ending =
  | {readonly kind: 'ended'; readonly isMet: boolean; readonly summary: string}
  | {readonly kind: 'stopped'}
  | {readonly kind: 'late'}
  | {readonly kind: 'failed'; readonly status: number; readonly said: string}

/** @see https://grafana.com/docs/k6/latest/misc/archive/ and errext/exitcodes of k6: thresholds have failed. */
const thresholdsFailed = 99
const missing = 127
const lookMs = 500

/** What `k6 version` says; undefined where there is no k6 on PATH. */
export async function versionOfK6(): Promise<string | undefined> {
  const {status, stdout} = await tryProgram(['k6', 'version'], {timeoutSeconds: 10})
  return status === missing ? undefined : stdout.trim()
}

/** Plays a script to its end. Its summary is k6's own. */
export async function runK6({script, variables, timeoutSeconds, isStopped}: K6Run): Promise<K6Ending> {
  const folder = await mkdtemp(join(tmpdir(), 'pp-k6-'))
  const file = join(folder, 'summary.json')
  const ending = new AbortController()
  const watching = watch(ending, isStopped, timeoutSeconds)
  try {
    const settings = Object.entries(variables).flatMap(([key, value]) => ['-e', `${key}=${value}`])
    const {status, stderr, stdout} = await tryProgram(
      ['k6', 'run', '--quiet', '--no-usage-report', '--summary-export', file, ...settings, script],
      {signal: ending.signal},
    )
    if (ending.signal.aborted) return {kind: ending.signal.reason === 'stopped' ? 'stopped' : 'late'}
    if (status !== 0 && status !== thresholdsFailed)
      return {kind: 'failed', status, said: lastLines(stderr || stdout)}
    return {kind: 'ended', isMet: status === 0, summary: await summaryIn(file)}
  } finally {
    ending.abort('over')
    await watching
    await rm(folder, {recursive: true, force: true})
  }
}

async function watch(
  ending: AbortController,
  isStopped: () => boolean,
  timeoutSeconds: number,
): Promise<void> {
  const deadline = performance.now() + timeoutSeconds * 1000
  while (!ending.signal.aborted) {
    if (isStopped()) ending.abort('stopped')
    else if (performance.now() > deadline) ending.abort('late')
    await sleep(lookMs)
  }
}

const summarySchema = z.object({
  metrics: z.object({
    iterations: z.object({count: z.number()}).optional(),
    checks: z.object({passes: z.number(), fails: z.number()}).optional(),
  }),
})

async function summaryIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const parsed = summarySchema.safeParse(text === '' ? undefined : parsedJson(text))
  if (!parsed.success) return 'k6 has left no summary'
  const {iterations, checks} = parsed.data.metrics
  const {passes, fails} = checks ?? {passes: 0, fails: 0}
  return `${iterations?.count ?? 0} iterations, ${passes} of ${passes + fails} checks held`
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' ').slice(0, 400)
