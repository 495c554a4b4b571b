import {afterAll, beforeAll, expect, test} from '@jest/globals'
import {execa} from 'execa'
import {mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stringify} from 'yaml'

import {playbooksFolder} from '../../src/lib/drivers/ansible/run-playbook.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-inventory-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

test('a site sets what the roles share in its inventory: for all hosts, for a group, for a host', async () => {
  const inventory = join(folder, 'hosts.yaml')
  const database_main = {
    vars: {postgres_port: 5433},
    hosts: {db1: {}, db2: {pp_archive_keep_hours: 24}},
  }
  await writeFile(
    inventory,
    stringify({
      all: {vars: {ansible_connection: 'local', pp_archive_directory: '/site/archive'}, children: {database_main}},
    }),
  )
  // Beside the playbook, as in the project: they win over the variables of `all`.
  await symlink(join(playbooksFolder, 'group_vars'), join(folder, 'group_vars'))
  const playbook = join(folder, 'site.yml')
  const names = ['pp_archive_directory', 'pp_archive_queue', 'postgres_port', 'pp_archive_keep_hours']
  const content = `{{ [${names.join(', ')}] | to_json }}`
  const tasks = [{copy: {content, dest: join(folder, '{{ inventory_hostname }}.json')}}]
  await writeFile(playbook, stringify([{hosts: 'all', gather_facts: false, roles: ['fleet'], tasks}]))
  await execa('ansible-playbook', ['-i', inventory, playbook], {
    cwd: playbooksFolder,
    env: {ANSIBLE_ROLES_PATH: join(playbooksFolder, 'roles')},
  })
  const valuesOf = async (host: string) => JSON.parse(await readFile(join(folder, `${host}.json`), 'utf8')) as unknown
  expect(await valuesOf('db1')).toEqual(['/site/archive', '/site/archive/pgbackrest', 5433, 48])
  expect(await valuesOf('db2')).toEqual(['/site/archive', '/site/archive/pgbackrest', 5433, 24])
})
