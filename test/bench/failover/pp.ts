import {spawn} from 'node:child_process'
import path from 'node:path'
import {text} from 'node:stream/consumers'

import {packageRoot} from '../../../src/lib/package-root.ts'
import type {Member} from './floor.ts'

export interface PpRun {
  readonly exitCode: number | null
  /** The report, as far as the benchmark looks at it. */
  readonly report: unknown
  readonly stderr: string
}

/** One `pp failover db` as a script would run it; the built pp, not the sources. */
export const runFailover = (lab: string, from: Member, to: Member): Promise<PpRun> =>
  startFailover(lab, ['main', '--from', from, '--to', to, '--yes', '--json'])

/** The same with flags of the caller's choice; started at once. */
export const startFailover = (lab: string, flags: readonly string[]): Promise<PpRun> =>
  startPp(lab, ['failover', 'db', ...flags])

/** @param fleet file of another fleet than the bundled one. */
export async function startPp(lab: string, argv: readonly string[], fleet = ''): Promise<PpRun> {
  const child = spawn(process.execPath, [path.join(packageRoot, 'bin/run.js'), ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, PP_LAB: lab, PP_ENV: 'lab', PP_FLEET: fleet, NODE_OPTIONS: ''},
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return {exitCode, report: parse(stdout), stderr}
}

function parse(stdout: string): unknown {
  try {
    return JSON.parse(stdout) as unknown
  } catch {
    return undefined
  }
}
