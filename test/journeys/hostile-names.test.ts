// Scenario: names that a shell, ssh, SQL or a console would act upon, as a fleet file, an inventory or a command line
// may hold them. They are refused as names (exit 2) or stay data (exit 3, 5); nothing of them is ever run, and the
// fleet is as it was.
// Incident behind it: a database called `shop; drop` in a form field, and an inventory generated from it.
import {expect, test} from '@jest/globals'
import {mkdtemp, readdir, readFile, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'
import {fleetNow} from '../in-lab/fleet-state.ts'
import {useLab} from '../in-lab/lab.ts'
import {pp} from '../in-lab/pp.ts'

useLab('once')

const hostile = [
  '-oProxyCommand=touch ran',
  'db2; touch ran',
  '$(touch ran)',
  '`touch ran`',
  "db2'; drop table pp.probe; --",
  'db2\ntouch ran',
  '../../db2',
]

test.each(hostile)(
  'a host named %j on the command line: exit 2 or 3, nothing run, nothing touched',
  async (name) => {
    const before = await fleetNow()
    const ended = await pp(['failover', 'db', '--from', 'db1', `--to=${name}`, '--yes', '--json'])
    expect([2, 3]).toContain(ended.exitCode)
    expect(await fleetNow()).toEqual(before)
  },
)

test.each(hostile)('a host named %j in the inventory: exit 2, nothing run', async (name) => {
  const fleet = await fleetWith({host: name})
  const {exitCode} = await pp(['failover', 'db', '--from', 'db1', '--yes', '--json'], {
    cwd: fleet.folder,
    env: {PP_FLEET: fleet.file},
  })
  expect(exitCode).toBe(2)
  expect(await readdir(fleet.folder)).toEqual(fleet.files)
})

test.each(['pixelpulse; shutdown', 'pixelpulse" resume', "x'); drop table pp.probe; --", '*'])(
  'a service database named %j: exit 2 or 3, the consoles get it as a name, nothing touched',
  async (name) => {
    const before = await fleetNow()
    const fleet = await fleetWith({database: name})
    const {exitCode} = await pp(['failover', 'db', '--from', 'db1', '--yes', '--json'], {
      env: {PP_FLEET: fleet.file},
    })
    expect([2, 3, 5]).toContain(exitCode)
    expect(await fleetNow()).toEqual(before)
  },
)

/** A copy of the bundled fleet with one hostile name, in a folder of its own, where a command that ran would leave a file. */
async function fleetWith({host, database}: {readonly host?: string; readonly database?: string}) {
  const folder = await mkdtemp(join(tmpdir(), 'pp-'))
  const inventory = await readFile(join(packageRoot, 'playbooks/ansible/inventories/lab/hosts.yaml'), 'utf8')
  const bundled = await readFile(join(packageRoot, 'fleet.yaml'), 'utf8')
  const named =
    host === undefined
      ? inventory
      : inventory.replace('db2: {site: rack}', () => `${JSON.stringify(host)}: {site: rack}`)
  await writeFile(join(folder, 'hosts.yaml'), named)
  const local = bundled.replace('playbooks/ansible/inventories/lab/hosts.yaml', 'hosts.yaml')
  const file = join(folder, 'fleet.yaml')
  await writeFile(
    file,
    database === undefined ? local : local.replace('[pixelpulse]', () => `[${JSON.stringify(database)}]`),
  )
  return {folder, file, files: (await readdir(folder)).sort()}
}
