import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {chmodSync} from 'node:fs'
import {join} from 'node:path'

import {PpError} from '../../src/lib/errors.ts'
import {explainSettings} from '../../src/lib/fleet/explain.ts'
import {loadFleet} from '../../src/lib/fleet/load.ts'
import type {FleetChoice} from '../../src/lib/fleet/settings.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {TemporaryFleet} from './temporary-fleet.ts'

let fleet: TemporaryFleet
const load = (env: NodeJS.ProcessEnv = {}, choice: FleetChoice = {}) =>
  loadFleet({file: fleet.file, env, ...choice})

function failureOf(act: () => unknown): PpError {
  try {
    act()
  } catch (error) {
    if (error instanceof PpError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

beforeEach(() => {
  fleet = new TemporaryFleet()
})
afterEach(() => fleet[Symbol.dispose]())

describe('a valid fleet', () => {
  test('takes its hosts from the inventory and its members from a group', () => {
    const {hosts, databases} = load()
    expect(databases[0]).toMatchObject({members: ['db1', 'db2', 'db3'], poolers: ['edge1', 'edge2']})
    expect(hosts.find(({name}) => name === 'edge1')).toEqual({
      name: 'edge1',
      address: '10.0.0.4',
      port: 2222,
      site: 'rack',
      groups: ['pooler_main'],
    })
  })

  test('has an odd number of voters when none are named', () => {
    expect(load().databases[0]?.voters).toEqual(['db1', 'db2', 'db3', 'edge1', 'edge2'])
    fleet.write(
      'hosts.yaml',
      'all: {children: {database_main: {hosts: {a: , b: }}, pooler_main: {hosts: {c: , d: }}}}',
    )
    expect(load().databases[0]?.voters).toEqual(['a', 'b', 'c'])
  })

  test('names the one host that keeps the backups, and how old the newest may be where it says so', () => {
    expect(load().databases[0]?.backup).toBeUndefined()
    const withBackups = (text: string) =>
      text.replace('    connect:', '    backup: {repository: backup_main}\n    connect:')
    const hosts = (backup: string) =>
      `all: {children: {database_main: {hosts: {a: , b: }}, pooler_main: {hosts: {c: }}, backup_main: {hosts: {${backup}}}}}`
    fleet.rewrite(withBackups)
    fleet.write('hosts.yaml', hosts('d: '))
    expect(load().databases[0]?.backup).toEqual({host: 'd', maxAgeHours: undefined})
    fleet.rewrite((text) =>
      withBackups(text).replace('hosts.yaml}', 'hosts.yaml, databases: {main: {backup: {maxAgeHours: 26}}}}'),
    )
    expect(load().databases[0]?.backup).toEqual({host: 'd', maxAgeHours: 26})
    fleet.write('hosts.yaml', hosts('c: , d: '))
    expect(failureOf(load)).toMatchObject({
      code: 'FLEET_INVALID',
      message: expect.stringContaining(
        'one host keeps the backups; the inventory has 2 in a group backup_main',
      ),
    })
  })

  test('names who is told: a program beside the fleet file, a webhook, and what an environment changes of them', () => {
    fleet.rewrite((text) =>
      `${text}notify: {pager: {command: [bin/page, '{x}']}, chat: {webhook: 'env:CHAT', token: 'file:chat'}}\n`.replace(
        'hosts.yaml}',
        'hosts.yaml, notify: {pager: {events: [end, left], timeoutSeconds: 20s}}}',
      ),
    )
    expect(load().notify).toMatchObject([
      {
        name: 'pager',
        command: [join(fleet.folder, 'bin/page'), '{x}'],
        events: ['end', 'left'],
        timeoutSeconds: 20,
      },
      {
        name: 'chat',
        command: undefined,
        webhook: {reference: 'env:CHAT'},
        token: {reference: 'file:chat'},
        events: ['start', 'point-of-no-return', 'abort', 'end', 'left'],
        timeoutSeconds: 5,
      },
    ])
  })

  test('names clusters, how they are reached, and the services in them', () => {
    fleet.rewrite((text) =>
      `${text}clusters:
  rack: {site: rack, kubeconfig: k8s/config, context: rack, namespace: shop}
  aws: {site: aws, namespace: shop, nodeGroups: {web: {max: 4, node: {cpu: 2, memory: 4Gi, pods: 20, taints: [{key: web, effect: NoSchedule}]}}}}
services: {web: {clusters: [rack, aws], deployment: front}, api: {instances: ['http://localhost:1']}}
`.replace('hosts.yaml}', 'hosts.yaml, clusters: {aws: {nodeGroups: {web: {max: 9, labels: {pool: web}}}}}}'),
    )
    const {clusters, services} = load()
    expect(services).toEqual([
      {name: 'web', instances: [], urls: {}, clusters: ['rack', 'aws'], deployment: 'front'},
      {name: 'api', instances: ['http://localhost:1'], urls: {}, clusters: [], deployment: 'api'},
    ])
    expect(clusters).toEqual([
      {
        name: 'rack',
        site: 'rack',
        kubeconfig: join(fleet.folder, 'k8s/config'),
        context: 'rack',
        namespace: 'shop',
        nodeGroups: [],
      },
      {
        name: 'aws',
        site: 'aws',
        kubeconfig: undefined,
        context: undefined,
        namespace: 'shop',
        nodeGroups: [
          {
            name: 'web',
            max: 9,
            labels: {pool: 'web'},
            zones: [],
            instanceType: undefined,
            node: {
              cpu: '2',
              memory: '4Gi',
              pods: 20,
              taints: [{key: 'web', value: '', effect: 'NoSchedule'}],
            },
          },
        ],
      },
    ])
  })

  test("has the lab's kubeconfig where a lab plays it", () => {
    const file = join(packageRoot, 'fleet.yaml')
    const [rack] = loadFleet({file, env: {PP_LAB: 'two'}}).clusters
    expect(rack).toMatchObject({name: 'rack', context: 'rack', namespace: 'pixelpulse'})
    expect(rack?.kubeconfig).toMatch(/\/labs\/two\/kubeconfig$/)
  })

  test('of the package itself loads in both environments', () => {
    const file = join(packageRoot, 'fleet.yaml')
    expect(loadFleet({file, env: {}})).toMatchObject({name: 'pixelpulse', lab: 'default', isProtected: false})
    expect(loadFleet({file, env: {}, environment: 'production'})).toMatchObject({
      lab: undefined,
      isProtected: true,
    })
  })

  test('keeps the journals of labs that live side by side apart', () => {
    const file = join(packageRoot, 'fleet.yaml')
    const folders = [{}, {PP_LAB: 'two'}].map((env) => loadFleet({file, env}).stateFolder)
    expect(new Set(folders).size).toBe(2)
  })
})

describe('precedence', () => {
  const lease = (env: NodeJS.ProcessEnv = {}) => {
    const found = explainSettings({file: fleet.file, env}, 'timings.leaseSeconds').settings[0]
    return {value: found?.value, source: found?.source.replace(fleet.folder, '')}
  }

  test('is variable over environment section over project file over default, and each source is named', () => {
    expect(lease()).toEqual({value: 30, source: 'default'})
    fleet.rewrite((text) => `${text}timings: {leaseSeconds: 40}\n`)
    expect(lease()).toEqual({value: 40, source: '/fleet.yaml:19:11'})
    fleet.rewrite(
      (text) =>
        `${text.replace('hosts.yaml}', 'hosts.yaml, timings: {leaseSeconds: 1m}}')}timings: {leaseSeconds: 40}\n`,
    )
    expect(lease()).toEqual({value: 60, source: '/fleet.yaml:18:43'})
    expect(lease({PP_LEASE_SECONDS: '70'})).toEqual({value: 70, source: 'variable PP_LEASE_SECONDS'})
  })

  test('lets PP_LAB rename a lab but never turns a real site into one', () => {
    expect(load({PP_LAB: 'two'}).lab).toBeUndefined()
  })
})

describe('mistakes', () => {
  test('of services and clusters are told with their place', () => {
    fleet.rewrite(
      (
        text,
      ) => `${text}clusters: {rack: {site: rack, namespace: Shop, nodeGroups: {web: {max: -1, node: {cpu: lots}}}}}
services: {web: {clusters: [rak]}, api: {}}
`,
    )
    const {message} = failureOf(() => load())
    for (const said of ['clusters.rack.namespace', 'nodeGroups.web.max', 'nodeGroups.web.node.cpu'])
      expect(message).toContain(said)
    fleet.rewrite(
      (text) => `${text}clusters: {rack: {site: rack, namespace: shop}}
services: {web: {clusters: [rak]}, api: {}}
`,
    )
    expect(failureOf(() => load()).message).toContain(
      'fleet.yaml:20:18  services.web.clusters: there is no cluster rak. Did you mean rack?',
    )
    expect(failureOf(() => load()).message).toContain('services.api: needs instances, clusters or both')
  })

  test('of a file come all in one run, with their place and the nearest key', () => {
    fleet.rewrite((text) => text.replace('engine:', 'engin:').replace('members: database_main', 'members: 7'))
    const error = failureOf(() => load())
    expect(error).toMatchObject({code: 'FLEET_INVALID', exitCode: 2})
    expect(error.message).toContain('fleet.yaml:6:5  databases.main.engin: unknown key. Did you mean engine?')
    expect(error.message).toContain('fleet.yaml:7:5  databases.main.members: should be string')
  })

  test('in an environment that was not chosen are found too', () => {
    fleet.rewrite((text) => `${text}  other: {timings: {leaseSeconds: 1s}}\n`)
    expect(failureOf(() => load()).message).toContain(
      'environments.other.timings.leaseSeconds: at least 4 seconds',
    )
  })

  test('of YAML itself have a place', () => {
    fleet.rewrite((text) => `${text}name: again\n`)
    expect(failureOf(() => load()).message).toMatch(/fleet\.yaml:19:1 {2}Map keys must be unique/)
  })

  test.each([
    {name: 'a lease under its floor', env: {PP_LEASE_SECONDS: '3'}, says: 'variable PP_LEASE_SECONDS'},
    {name: 'a guard that would look after the hard limit', env: {PP_GUARD_SECONDS: '26'}, says: 'hard limit'},
  ])('$name is refused', ({env, says}) => expect(failureOf(() => load(env)).message).toContain(says))

  test.each([
    {name: 'an even number of voters', voters: '[db1, db2, db3, edge1]', says: '4 hosts; an odd number'},
    {name: 'a voter outside the inventory', voters: '[db1, db2, db9]', says: 'db9 not in the inventory'},
    {name: 'a voter named twice', voters: '[db1, db2, db1]', says: 'named twice'},
  ])('$name is refused', ({voters, says}) => {
    fleet.rewrite((text) => text.replace('    connect:', `    voters: ${voters}\n    connect:`))
    expect(failureOf(() => load()).message).toContain(says)
  })

  test('a group without hosts is refused at the key that names it', () => {
    fleet.rewrite((text) => text.replace('pooler_main', 'poolers'))
    expect(failureOf(() => load()).message).toMatch(
      /:8:5 {2}databases\.main\.poolers: the inventory has no host/,
    )
  })

  test('a secret written into the file is refused without being shown', () => {
    fleet.rewrite((text) => text.replace("'env:PROBE'", 'hunter2'))
    const {message} = failureOf(() => load())
    expect(message).toContain('a reference, env:NAME or file:PATH')
    expect(message).not.toContain('hunter2')
  })

  test.each([
    {
      name: 'both a program and a webhook',
      hook: "{command: [page], webhook: 'https://chat'}",
      says: 'either command or webhook',
    },
    {name: 'neither', hook: '{events: [end]}', says: 'either command or webhook'},
    {
      name: 'an event that there is not',
      hook: '{command: [page], events: [ende]}',
      says: 'one of start, point-of-no-return',
    },
    {
      name: 'a token in plain sight',
      hook: "{webhook: 'https://chat', token: hunter2}",
      says: 'a reference, env:NAME',
    },
  ])('a hook with $name is refused at its place', ({hook, says}) => {
    fleet.rewrite((text) => `${text}notify: {pager: ${hook}}\n`)
    expect(failureOf(() => load()).message).toMatch(new RegExp(`:19:\\d+ {2}notify\\.pager.*${says}`))
  })

  test('an unknown environment names those there are', () => {
    const error = failureOf(() => load({}, {environment: 'rakc'}))
    expect(error).toMatchObject({
      code: 'ENVIRONMENT_UNKNOWN',
      hint: expect.stringMatching(/^pp .*--env rack$/),
    })
  })
})

describe('a secret', () => {
  const password = () => load().databases[0]!.users.admin.password.read()

  test('is read from a file of its owner, without the line end', async () => {
    fleet.write('admin', 's3cret\n')
    await expect(password()).resolves.toBe('s3cret')
  })

  test('that others can read is refused', async () => {
    fleet.write('admin', 's3cret')
    chmodSync(join(fleet.folder, 'admin'), 0o640)
    await expect(password()).rejects.toMatchObject({code: 'SECRET_EXPOSED', exitCode: 4})
  })

  test('that is not there says which file was looked for', async () => {
    await expect(password()).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      message: expect.stringContaining(join(fleet.folder, 'admin')),
    })
  })
})
