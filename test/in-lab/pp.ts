import {execa} from 'execa'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {packageRoot} from '../../src/lib/package-root.ts'
import {lab} from './name.ts'

export interface Ended {
  /** Exit status, or the name of the signal that ended it. */
  readonly exitCode: number | string
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly pid: number
  /** Resolves when the process stands still, as SIGSTOP leaves it. */
  readonly stopped: () => Promise<void>
  /** Resolves when it has written these words on stderr. */
  readonly said: (words: string) => Promise<void>
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Ended>
}

export interface PpOptions {
  /** As `PP_FAILPOINT` takes it: "kill before promote", "stop after pause", "kill before roll 2". */
  readonly failpoint?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

interface Running extends PromiseLike<unknown> {
  kill(signal: NodeJS.Signals): boolean
}
const begun = new Set<Running>()

/** Starts the built pp against the lab, as a script would: no terminal, no colour. */
export function startPp(
  argv: readonly string[],
  {failpoint = '', env = {}, cwd = packageRoot}: PpOptions = {},
): Started {
  const child = execa(process.execPath, [join(packageRoot, 'bin/run.js'), ...argv], {
    cwd,
    reject: false,
    stdin: 'ignore',
    // Putting things back takes longer than the 5 s after which a SIGTERM would be made a SIGKILL.
    forceKillAfterDelay: false,
    env: {
      NODE_OPTIONS: '',
      FORCE_COLOR: '0',
      PP_FLEET: '',
      PP_ENV: 'lab',
      PP_LAB: lab,
      PP_FAILPOINT: failpoint,
      ...env,
    },
  })
  begun.add(child)
  const pid = child.pid ?? 0
  const ended = child.then((result) => {
    begun.delete(child)
    return {
      exitCode: result.exitCode ?? result.signal ?? 'not started',
      stdout: result.stdout,
      stderr: result.stderr,
    }
  })
  const stopped = async () => {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      if (!begun.has(child)) throw new Error(`pp ended before it stopped: ${JSON.stringify(await ended)}`)
      if (processState(pid) === 'T') return
      await sleep(20)
    }
    throw new Error('pp did not stop within a minute')
  }
  let written = ''
  child.stderr.on('data', (piece) => (written += String(piece)))
  const said = async (words: string) => {
    while (!written.includes(words)) {
      if (!begun.has(child))
        throw new Error(`pp ended and never said "${words}": ${JSON.stringify(await ended)}`)
      await sleep(20)
    }
  }
  return {pid, stopped, said, ended, kill: (signal) => void child.kill(signal)}
}

/** Runs it to its end. */
export const pp = (argv: readonly string[], options: PpOptions = {}): Promise<Ended> =>
  startPp(argv, options).ended

/** Where the primary is, and where it shall be. */
export interface Move {
  readonly from: string
  readonly to: string
}
const firstMove: Move = {from: 'db1', to: 'db2'}

const argvOf = ({from, to}: Move) =>
  ['failover', 'db', '--from', from, '--to', to, '--yes', '--json'] as const

/** Moves the primary from db1 to db2 and answers every question with yes. */
export const db1ToDb2 = argvOf(firstMove)

/**
 * Moves the primary, to the end. A busy machine may keep a host from answering within pp's two seconds; such a refusal
 * touched nothing, so it is simply asked again.
 */
export const change = (options: PpOptions = {}, move = firstMove): Promise<Ended> =>
  patiently(() => pp(argvOf(move), options))

/** Asks again while it is refused: on a busy machine that is no statement about the fleet. */
export async function patiently(
  run: () => Promise<Ended>,
  mayAskAgain: (ended: Ended) => boolean = isNotNow,
): Promise<Ended> {
  for (let attempt = 1; ; attempt++) {
    const ended = await run()
    if (attempt === patience || !mayAskAgain(ended)) return ended
  }
}

/** The same, until the process stands still at a place such as "after pause". */
export async function changeUntil(
  place: string,
  env: Readonly<Record<string, string>> = {},
  move = firstMove,
): Promise<Started> {
  for (let attempt = 1; ; attempt++) {
    const operator = startPp(argvOf(move), {failpoint: `stop ${place}`, env})
    const ended = await Promise.race([operator.ended, operator.stopped().catch(() => undefined)])
    if (ended === undefined) return operator
    if (attempt === patience || !isNotNow(ended))
      throw new Error(`pp ended before it stopped: ${JSON.stringify(ended)}`)
  }
}

/** Brings another member up in place of db1, which is lost; asked again while a busy machine lets nobody answer. */
export const failOver = (options: PpOptions = {}, ...more: string[]): Promise<Ended> =>
  patiently(
    () => pp(['failover', 'db', '--from', 'db1', '--yes', '--json', ...more], options),
    ({exitCode}) => exitCode === 5,
  )

const patience = 5
function isNotNow({exitCode}: Ended): boolean {
  return exitCode === 3 || exitCode === 5
}

/** Ends what a failed story has left running or stopped; a stopped one would renew its lease when continued. */
export async function endStarted(): Promise<void> {
  for (const child of begun) child.kill('SIGKILL')
  await Promise.all(begun)
}

// The name in brackets may hold anything; the state is the first field after it.
const processState = (pid: number): string | undefined =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0]
