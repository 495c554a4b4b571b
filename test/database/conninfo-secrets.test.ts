// pg_basebackup -R writes the password of replication into primary_conninfo. It is read with the member's settings, and is
// to be neither planned, shown nor written down; an unplanned change puts it back where it belongs all the same.
import {describe, expect, test} from '@jest/globals'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {Cluster} from '../../src/lib/database/cluster.ts'
import {
  isWithheld,
  parseConninfo,
  redirectConninfo,
  withholdSecrets,
  withoutSecrets,
} from '../../src/lib/database/conninfo.ts'
import {ConninfoSecrets} from '../../src/lib/database/conninfo-secrets.ts'
import {changeSettings} from '../../src/lib/database/execute.ts'
import {Failover} from '../../src/lib/database/failover/failover.ts'
import {observeCluster} from '../../src/lib/database/observe.ts'
import {planRejoin} from '../../src/lib/database/rejoin/plan.ts'
import {Journal} from '../../src/lib/operation/journal.ts'
import {redact} from '../../src/lib/redact.ts'
import {healthyCluster, intent, standby} from '../fakes/cluster-state.ts'
import {failoverIntent} from '../fakes/lost-cluster.ts'

const secret = "Qx7 o'clock"
const conninfo = String.raw`user=pp_replication password='Qx7 o\'clock' host=db1 application_name=db2 sslmode=require`

/** A server that keeps what ALTER SYSTEM writes; a cluster of it alone. */
function serverWith(primaryConninfo: string) {
  const written = [primaryConninfo]
  const current = () => written.at(-1) ?? ''
  const query = (statement: string) => {
    const [, quoted] = /^alter system set primary_conninfo = E?'(.*)'$/s.exec(statement) ?? []
    if (quoted !== undefined) written.push(quoted.replaceAll("''", "'").replaceAll('\\\\', '\\'))
    if (statement.includes('json_build_object')) return [{answer: JSON.stringify(answer(current()))}]
    return statement.includes('unnest') ? [{name: 'primary_conninfo', value: current()}] : []
  }
  const cluster = {
    database: {name: 'main', members: ['db2'], poolers: [], voters: [], applicationDatabases: []},
    conninfoSecrets: new ConninfoSecrets(),
    connect: () => Promise.resolve(),
    status: () => undefined,
    links: () => ({problems: []}),
    maintenance: () => Promise.resolve({query: (statement: string) => Promise.resolve(query(statement))}),
  } as unknown as Cluster
  return {cluster, current}
}

const answer = (primaryConninfo: string) => {
  const {session} = standby('db2', 'db1')
  return {
    ...session,
    receivedLsn: null,
    replayDelaySeconds: null,
    settings: {...session?.settings, primaryConninfo},
  }
}

async function observed(primaryConninfo = conninfo) {
  const server = serverWith(primaryConninfo)
  const state = await observeCluster(server.cluster)
  const [member] = state.members
  return {...server, state, kept: member?.session?.settings.primaryConninfo ?? ''}
}

describe('a password in primary_conninfo', () => {
  test('is in nothing that was observed, nor in a journal, and errors show a word for it', async () => {
    const {cluster, state, kept} = await observed()
    expect(kept).toContain("password='[withheld]'")
    expect(JSON.stringify(state)).not.toContain('Qx7')
    const folder = mkdtempSync(join(tmpdir(), 'pp-journal-'))
    try {
      const work = new Failover(cluster, {...failoverIntent, from: 'db1', to: 'db2', conninfo: kept}, state)
      const journal = Journal.create(folder, 'OP1')
      journal.append('opened', {kind: work.kind, intent: work.intent})
      journal.append('before', work.before())
      journal.append('step-intent', {kind: 'follow', conninfo: redirectConninfo(kept, 'db2', 'db3')})
      journal.append('step-done', {proof: await changeSettings({cluster}, 'db2', {primary_conninfo: kept})})
      journal.close()
      const text = readFileSync(journal.file, 'utf8')
      expect(text).not.toContain('Qx7')
      // Not even hidden by the last resort, which knows the whole word alone.
      expect(text).not.toContain('[secret]')
      expect(text.match(/\[withheld\]/g)).toHaveLength(4)
    } finally {
      rmSync(folder, {recursive: true})
    }
    expect(redact(`syntax error near ${secret}`)).toBe('syntax error near [secret]')
  })

  test('is set again with its true value, by the run that has read it, also on the way to another upstream', async () => {
    const {cluster, current, kept} = await observed()
    await changeSettings({cluster}, 'db2', {primary_conninfo: redirectConninfo(kept, 'db3', 'db2')})
    expect(Object.fromEntries(parseConninfo(current()))).toMatchObject({host: 'db3', password: secret})
    await changeSettings({cluster}, 'db2', {primary_conninfo: kept})
    expect(Object.fromEntries(parseConninfo(current()))).toEqual(Object.fromEntries(parseConninfo(conninfo)))
  })

  test('that this run has not read is refused, and the setting stays as it is', async () => {
    const {kept} = await observed()
    const {cluster, current} = serverWith('host=db1 user=pp_replication')
    const setting = changeSettings({cluster}, 'db2', {primary_conninfo: kept})
    await expect(setting).rejects.toMatchObject({code: 'PASSWORD_WITHHELD'})
    expect(current()).toBe('host=db1 user=pp_replication')
  })

  test('serves another member that logs in with the same role, and no other role', () => {
    const secrets = new ConninfoSecrets()
    const kept = secrets.withhold('db2', conninfo)
    expect(parseConninfo(secrets.reveal('db3', kept)).get('password')).toBe(secret)
    expect(() => secrets.reveal('db3', kept.replace('pp_replication', 'other'))).toThrow(
      'primary_conninfo of db3',
    )
  })

  test('is in no argument of a program that rewinds or copies', () => {
    const rejoin = {...intent, from: 'db3', to: 'db1', conninfo, how: 'clone' as const, removeOld: false}
    const plan = planRejoin(healthyCluster(), rejoin, {isCopied: false, problem: undefined})
    expect(JSON.stringify(plan)).toContain('user=pp_replication')
    expect(JSON.stringify(plan)).not.toMatch(/password|Qx7/)
  })
})

describe('connection strings', () => {
  test('without a secret stay as they were written', () => {
    const secrets = new ConninfoSecrets()
    const text = ` user = 'pp_replication'  passfile=/p`
    expect(secrets.withhold('db2', text)).toBe(text)
    expect(secrets.reveal('db2', text)).toBe(text)
  })

  test.each([
    ['postgresql://rep:p%40ss@db1:5433,db2/postgres?application_name=db2&sslmode=require', 'p@ss'],
    ['postgres://rep@[::1]/?password=p%26ss', 'p&ss'],
  ])('in the form of a URI are understood: %s', (uri, password) => {
    const settings = parseConninfo(uri)
    expect(settings.get('user')).toBe('rep')
    expect(settings.get('password')).toBe(password)
    expect(isWithheld(withholdSecrets(uri))).toBe(true)
    expect(withoutSecrets(uri)).not.toMatch(/p.ss/)
  })

  test('as a URI name hosts, ports and database', () => {
    const settings = parseConninfo('postgresql://rep@db1:5433,[::1]/postgres')
    expect(Object.fromEntries(settings)).toEqual({
      user: 'rep',
      host: 'db1,::1',
      port: '5433,',
      dbname: 'postgres',
    })
  })
})
