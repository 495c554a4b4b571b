// The exporter beside a real PgBouncer: what Prometheus reads of it, also when it is started again or does not answer.
import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {spawn, type ChildProcess} from 'node:child_process'
import {chmod, cp, mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {packageRoot} from '../../src/lib/package-root.ts'
import {describeWith} from '../drivers/servers/describe-with.ts'
import {pgbouncerProgram, startPgbouncer, type Pgbouncer} from '../drivers/servers/pgbouncer.ts'
import {removeFolder, temporaryFolder} from '../drivers/servers/program.ts'
import {freePort} from '../free-port.ts'

const psql = '/usr/lib/postgresql/15/bin/psql'
const word = "the admin's word"

describeWith([pgbouncerProgram, psql], 'the exporter of a pooler', () => {
  let folder: string
  let pgbouncer: Pgbouncer
  let exporter: ChildProcess
  let address: string

  beforeAll(async () => {
    folder = await temporaryFolder()
    pgbouncer = await startPgbouncer(folder, word, ['app = host=127.0.0.1 port=1'])
    const passwords = join(folder, 'pgpass')
    await writeFile(passwords, `*:*:*:pp_monitor:${word}\n`, {mode: 0o600})
    const program = join(folder, 'pgbouncer-exporter')
    await cp(join(packageRoot, 'playbooks/ansible/roles/exporters/files/pgbouncer-exporter'), program)
    await chmod(program, 0o755)
    const silent = join(folder, 'main-2')
    await mkdir(silent)
    const port = await freePort()
    address = `http://127.0.0.1:${port}/metrics`
    const sockets = [pgbouncer.socketDirectory, silent]
    exporter = spawn(program, [String(port), psql, String(pgbouncer.port), ...sockets], {
      env: {PGPASSFILE: passwords, PGCONNECT_TIMEOUT: '2'},
      stdio: 'ignore',
    })
    while (!(await fetch(address).catch(() => undefined))) await sleep(50)
  })

  afterAll(async () => {
    exporter.kill('SIGKILL')
    await pgbouncer.stop()
    await removeFolder(folder)
  })

  const samples = async (): Promise<readonly string[]> => (await (await fetch(address)).text()).split('\n')

  test('each process says whether it answers; one that does not hides nothing of the other', async () => {
    const told = await samples()
    expect(told).toContain('pgbouncer_up{process="run"} 1')
    expect(told).toContain('pgbouncer_up{process="main-2"} 0')
    expect(told).toContain('pgbouncer_databases_paused{process="run",database="app"} 0.0')
    expect(told).toContain('pgbouncer_databases_pool_size{process="run",database="app"} 4.0')
    expect(told).toContainEqual(
      expect.stringMatching(/^pgbouncer_stats_queries_pooled_total\{process="run",database="pgbouncer"\} \d/),
    )
    expect(told).toContainEqual(
      expect.stringMatching(
        /^pgbouncer_pools_client_waiting_connections\{process="run",database="pgbouncer",user="pgbouncer"\} 0/,
      ),
    )
    expect(told.filter((line) => line.includes('process="main-2"'))).toHaveLength(1)
  })

  test('a process that was started again is asked anew', async () => {
    await pgbouncer.stop()
    expect(await samples()).toContain('pgbouncer_up{process="run"} 0')
    pgbouncer = await pgbouncer.again()
    expect(await samples()).toContain('pgbouncer_up{process="run"} 1')
  })

  test('there is nothing else to be had', async () => {
    expect((await fetch(new URL('/', address))).status).toBe(404)
  })
})
