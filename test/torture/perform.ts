import {setTimeout as sleep} from 'node:timers/promises'
import * as z from 'zod'

import type {FaultRecord} from '../../src/lib/fault/types.ts'
import {breakHost, inHost, mendHosts, powerOn, powerStatus, requireRecord} from '../../src/lib/lab/index.ts'
import {PpError} from '../../src/lib/errors.ts'
import {startPp, type Ended} from '../in-lab/pp.ts'
import {lab} from '../in-lab/name.ts'
import type {Blow, Role, Round, TortureEvent, TortureFault} from './schedule.ts'

/** Longest time that one command may take before it counts as hanging. */
const hangSeconds = 240
/** A pp that sleeps does so for longer than the lab's lease. */
const napMs = 8000

export interface Tale {
  /** Lines as they happen. */
  readonly say: (line: string) => void
  /** A claim that must hold does not. */
  readonly violated: (what: string) => void
}

const memberHosts = ['db1', 'db2', 'db3']

const status = z.object({
  databases: z.array(
    z.object({
      members: z.array(
        z.object({
          host: z.string(),
          role: z.string(),
          writable: z.boolean().nullable(),
          upstream: z.string().nullable(),
        }),
      ),
    }),
  ),
})
type Member = z.infer<typeof status>['databases'][number]['members'][number]

/** Performs the events of a round on the hosts that play the roles now. */
export async function performRound(round: Round, tale: Tale): Promise<void> {
  const primary = (await members()).find((member) => member.writable)?.host ?? 'db1'
  const [first = '', second = ''] = memberHosts.filter((host) => host !== primary)
  const hosts: Record<Role, string> = {
    primary,
    'standby 1': first,
    'standby 2': second,
    'pooler 1': 'edge1',
    'pooler 2': 'edge2',
  }
  for (const event of round.events) await performEvent(event, hosts, tale)
}

async function performEvent(event: TortureEvent, hosts: Record<Role, string>, tale: Tale): Promise<void> {
  switch (event.do) {
    case 'wait':
      await sleep(event.ms)
      return
    case 'break':
      tale.say(`break ${hosts[event.on]}: ${JSON.stringify(event.fault)}`)
      return impossibleIsFine(breakHost(lab, recordOf(event.fault, hosts[event.on], hosts)), tale)
    case 'mend':
      tale.say(`mend ${hosts[event.on]}`)
      return impossibleIsFine(mendHosts(lab, hosts[event.on]), tale)
    case 'pp': {
      // An operator names the primary there is; a first change of this round may have moved it.
      const now = (await members()).find((member) => member.writable)?.host
      const named = {...hosts, primary: now ?? hosts.primary}
      const argv = event.argv.map((word) => (word in named ? named[word as Role] : word))
      await runPp(argv, event.blow, tale)
    }
  }
}

const recordOf = (fault: TortureFault, host: string, hosts: Record<Role, string>): FaultRecord => ({
  kind: fault.kind,
  host,
  from: 'from' in fault ? fault.from.map((role) => (role === 'operator' ? role : hosts[role])).filter((other) => other !== host) : [], // prettier-ignore
  oneWay: 'oneWay' in fault && fault.oneWay,
  process: 'process' in fault ? fault.process : null,
  units: [],
  delayMs: 'delayMs' in fault ? fault.delayMs : null,
})

/** A host that is off cannot be killed, one that is frozen shows no proof; the schedule does not know that beforehand. */
async function impossibleIsFine(act: Promise<unknown>, tale: Tale): Promise<void> {
  await act.catch((error: unknown) => {
    if (!(error instanceof PpError)) throw error
    tale.say(`  not possible now: ${error.code} ${error.message}`)
  })
}

async function runPp(argv: readonly string[], blow: Blow | undefined, tale: Tale): Promise<Ended> {
  const place = blow && 'step' in blow ? `${blow.act} ${blow.when} ${blow.step}` : ''
  const started = startPp(argv, {failpoint: place})
  const startedAt = Date.now()
  const hang = setTimeout(() => {
    tale.violated(`pp ${argv.join(' ')} did not end within ${hangSeconds} s`)
    started.kill('SIGKILL')
  }, hangSeconds * 1000)
  const killing =
    blow && 'afterMs' in blow
      ? setTimeout(() => {
          started.kill('SIGKILL')
        }, blow.afterMs)
      : undefined
  if (blow?.act === 'stop')
    void started.stopped().then(
      async () => {
        await sleep(napMs)
        started.kill('SIGCONT')
      },
      () => undefined,
    )
  const ended = await started.ended
  clearTimeout(hang)
  clearTimeout(killing)
  const how =
    blow === undefined ? '' : ` [${place || `kill after ${'afterMs' in blow ? blow.afterMs : 0} ms`}]`
  tale.say(`pp ${argv.join(' ')}${how} → ${ended.exitCode} (${Date.now() - startedAt} ms) ${gist(ended)}`)
  if (ended.exitCode === 1) tale.violated(`pp ${argv.join(' ')} met a bug: ${ended.stdout}${ended.stderr}`)
  return ended
}

function gist({stdout, stderr, exitCode}: Ended): string {
  try {
    const {outcome, error, to, findings, operation} = JSON.parse(stdout) as Record<string, unknown>
    return JSON.stringify({
      outcome,
      error,
      to,
      findings,
      operation: (operation as {id?: string} | undefined)?.id,
    })
  } catch {
    return exitCode === 'SIGKILL' ? '' : stderr.slice(-300)
  }
}

/** Mends all, asks pp to finish and to rejoin, and expects a sound database in the end. */
export async function settle(round: Round, tale: Tale): Promise<void> {
  tale.say('mend everything')
  await mendHosts(lab, undefined).catch((error: unknown) => {
    tale.say(`  ${error instanceof Error ? error.message : String(error)}`)
  })
  for (const {name} of (await requireRecord(lab)).hosts)
    if ((await powerStatus(lab, name)) === 'off') await powerOn(lab, name)
  await mendHosts(lab, undefined).catch(() => undefined)
  const deadline = Date.now() + 150_000
  let ways = round.endBy === 'resume' ? (['resume', 'abort'] as const) : (['abort', 'resume'] as const)
  for (let attempt = 1; ; attempt++) {
    const check = await runPp(['db', 'check', '--json'], undefined, {...tale, say: () => undefined})
    const isUnfinished = await hasUnfinished()
    if (check.exitCode === 0 && !isUnfinished && (await everyoneFollows())) return
    if (Date.now() > deadline) {
      tale.violated(
        `not sound 150 s after everything was mended: db check exits ${check.exitCode}: ${gist(check)}; ${JSON.stringify(await members())}`,
      )
      return
    }
    if (isUnfinished) {
      const [way, other] = ways
      const ended = await runPp(['op', way, '--yes', '--json'], undefined, tale)
      if (ended.exitCode !== 0) ways = [other, way] as typeof ways
      if (ended.exitCode === 6) await sleep(3000)
    } else await bringBack(attempt, tale)
    await sleep(1000)
  }
}

async function everyoneFollows(): Promise<boolean> {
  const now = await members()
  const primary = now.find((member) => member.writable)?.host
  return now.every((member) => member.host === primary || member.upstream === primary)
}

async function bringBack(attempt: number, tale: Tale): Promise<void> {
  const now = await members()
  const writable = now.filter((member) => member.writable)
  if (writable.length > 1) {
    tale.violated(`${writable.map(({host}) => host).join(' and ')} both accept writes`)
    return
  }
  if (writable.length === 1) {
    const standbys = now.filter((member) => !member.writable)
    const astray = standbys.filter((member) => member.upstream !== writable[0]?.host)
    // Rejoining also brings back a pooler that was away.
    for (const member of astray.length > 0 ? astray : standbys.slice(0, 1))
      await runPp(['db', 'rejoin', member.host, '--yes', '--json'], undefined, tale)
    return
  }
  if (now.every(({role}) => role === 'standby')) {
    await runPp(['db', 'open', '--confirm', 'main', '--json'], undefined, tale)
    return
  }
  // A server that boots asks the others first; what was killed is started by the mending.
  if (attempt > 8) await runPp(['failover', 'db', '--yes', '--json', '--again'], undefined, tale)
}

async function members(): Promise<readonly Member[]> {
  const {stdout} = await startPp(['db', 'status', '--json']).ended
  return status.safeParse(parsed(stdout)).data?.databases[0]?.members ?? []
}

async function hasUnfinished(): Promise<boolean> {
  const {stdout} = await startPp(['op', 'list', '--json']).ended
  const list = z.object({operations: z.array(z.object({outcome: z.string().optional()}))})
  return list.safeParse(parsed(stdout)).data?.operations.some(({outcome}) => outcome === undefined) ?? false
}

/** Rows of all loads so far on the member that accepts writes; undefined when there is not exactly one. */
export async function rowsOf(runs: readonly string[]): Promise<number | undefined> {
  const writable = (await members()).filter((member) => member.writable)
  const [only] = writable
  if (writable.length !== 1 || !only) return undefined
  const list = runs.map((run) => `'${run}'`).join(', ') || `''`
  const statement = `select count(*) from pp.probe where split_part(writer, '-', 1) in (${list})`
  const psql = [
    'runuser',
    '-u',
    'postgres',
    '--',
    'psql',
    '-XAtw',
    '-d',
    'pixelpulse',
    '-c',
    statement,
  ] as const
  const {stdout} = await inHost(lab, only.host, psql, {timeoutSeconds: 20})
  return Number(stdout)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
