import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {createHash} from 'node:crypto'
import {join} from 'node:path'

import {drillFolder, listDrills, loadDrill} from '../../src/lib/drill/format/load.ts'
import {PpError} from '../../src/lib/errors.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {TemporaryDrills, validDrill} from './temporary-drills.ts'

let drills: TemporaryDrills
beforeEach(() => {
  drills = new TemporaryDrills()
})
afterEach(() => drills[Symbol.dispose]())

/** Lines of the error, places relative to the folder of drills. */
function mistakesOf(text: string, name = 'x'): string[] {
  drills.write(name, text)
  try {
    loadDrill(drills.home, name)
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    expect(error).toMatchObject({code: 'DRILL_INVALID', exitCode: 2})
    const [head, ...lines] = error.message.replaceAll(`${drillFolder(drills.home)}/`, '').split('\n')
    expect(head).toBe(`${lines.length} mistake${lines.length === 1 ? '' : 's'} in the drill ${name}:`)
    return lines
  }
  return []
}

describe('a valid drill', () => {
  test('has its times in seconds, its defaults filled in and its acts named', () => {
    const file = drills.write('x', validDrill)
    expect(loadDrill(drills.home, 'x')).toEqual({
      name: 'x',
      file,
      hash: createHash('sha256').update(validDrill).digest('hex'),
      title: 'The primary is lost',
      why: 'Clients have to come back.',
      owner: 'database on call',
      environments: ['lab', 'rack'],
      targets: {
        database: 'main',
        hosts: ['{primary}', 'edge1'],
        maxHosts: 2,
        maxPods: 1,
        services: [],
        sites: [],
      },
      guards: {
        windows: {
          rack: {
            timeZone: 'America/New_York',
            allowed: [{days: ['sat', 'sun'], from: '22:00', to: '02:00'}],
            blocked: [{from: '2026-12-24', to: '2026-12-24', why: 'holidays'}],
          },
        },
        stop: [{probe: 'writes', forSeconds: 5}],
      },
      steadyState: [
        {
          name: 'writes',
          probe: {type: 'marker'},
          when: ['before', 'during', 'after'],
          paceSeconds: 0.5,
          timeoutSeconds: 2,
          allowedMisses: 0,
          goodInARow: 3,
        },
        {
          name: 'orders',
          probe: {type: 'sql', query: 'select count(*) from orders', tolerance: {min: 1, max: undefined}},
          when: ['before', 'after'],
          paceSeconds: 1,
          timeoutSeconds: 2,
          allowedMisses: 0,
          goodInARow: 3,
        },
      ],
      method: [
        {
          act: 'fault',
          name: 'power-off',
          fault: {kind: 'power-off', host: '{primary}', from: [], expiresSeconds: 600},
        },
        {
          act: 'operation',
          name: 'failover',
          operation: 'failover',
          with: {from: '{primary}', unplanned: true, 'max-lag': '1000'},
          timeoutSeconds: 120,
        },
        {act: 'wait', name: 'wait-writes', probe: 'writes', timeoutSeconds: 30},
        {
          act: 'parallel',
          name: 'parallel',
          acts: [
            {
              act: 'fault',
              name: 'cut',
              fault: {kind: 'cut', host: 'edge1', from: ['db2'], expiresSeconds: 120},
            },
            {act: 'wait', name: 'wait', probe: undefined, timeoutSeconds: 10},
          ],
        },
        {act: 'lift', name: 'lift-power-off', fault: 'power-off'},
      ],
      objectives: {
        rtoSeconds: 30,
        rpoRows: 0,
        services: [{name: 'writes', probe: 'writes', atLeast: 0.995, outageSeconds: undefined}],
      },
      undo: [
        {
          act: 'operation',
          name: 'rejoin',
          operation: 'rejoin',
          with: {host: '{primary}'},
          timeoutSeconds: 300,
        },
      ],
      evidence: {keep: 7},
      notify: [
        {
          name: 'chat',
          command: [join(drills.folder, 'bin/chat'), 'x'],
          webhook: undefined,
          token: undefined,
          events: ['end'],
          timeoutSeconds: 5,
        },
      ],
    })
  })

  test.each([
    {
      probe: "{http: {url: 'https://shop/health', contains: ok}}",
      spec: {type: 'http', url: 'https://shop/health', status: 200, contains: 'ok'},
    },
    {probe: "{tcp: {host: '{pooler}', port: 6432}}", spec: {type: 'tcp', host: '{pooler}', port: 6432}},
    {
      probe: '{replication: {standbys: 2, maxLag: 16MiB}}',
      spec: {type: 'replication', standbys: 2, maxLagBytes: 16_777_216},
    },
    {
      probe: '{command: {run: [bin/look, --now], exitCode: 1}}',
      spec: {type: 'command', command: [expect.stringMatching(/^\/.*\/bin\/look$/), '--now'], exitCode: 1},
    },
    {
      probe: '{pp: {of: db status, field: databases.0.operation, equals: null}}',
      spec: {type: 'pp', of: 'db status', field: 'databases.0.operation', equals: null},
    },
  ])('may probe with $probe', ({probe, spec}) => {
    drills.write('x', validDrill.replace('{sql: {query: select count(*) from orders, min: 1}}', probe))
    expect(loadDrill(drills.home, 'x').steadyState[1]?.probe).toEqual(spec)
  })
})

test.each(['Asia/Kolkata', 'Europe/Kyiv', 'US/Eastern', 'Etc/UTC', 'UTC'])('%s is a time zone', (zone) => {
  expect(mistakesOf(validDrill.replace('America/New_York', zone))).toEqual([])
})

test.each(['EST', '+02:00', 'america/new_york', 'Europe/Nowhere'])('%s is none', (zone) => {
  expect(mistakesOf(validDrill.replace('America/New_York', `'${zone}'`))).toHaveLength(1)
})

const method = (acts: string) => [/method:[^]*?(?=objectives:)/, `method: ${acts}\n`] as const

/** What is changed of the valid drill, and all that is said then. */
const wrong: readonly {name: string; change: readonly [string | RegExp, string]; says: readonly string[]}[] =
  [
    {
      name: 'a mistyped key',
      change: ['owner:', 'ower:'],
      says: ['x.yaml:1:1  owner: missing', 'x.yaml:4:1  ower: unknown key. Did you mean owner?'],
    },
    {name: 'another version', change: ['pp/v1', 'pp/v2'], says: ['x.yaml:1:1  apiVersion: one of pp/v1']},
    {
      name: 'no environment',
      change: ['[lab, rack]', '[]'],
      says: ['x.yaml:5:1  environments: one environment or more'],
    },
    {
      name: 'an environment twice',
      change: ['[lab, rack]', '[lab, rack, lab]'],
      says: ['x.yaml:5:27  environments.2: a second lab; give each a name of its own'],
    },
    {
      name: 'windows for an environment that it does not run in',
      change: ['    rack:', '    rakc:'],
      says: [
        'x.yaml:12:5  guards.windows.rakc: no environment of this drill is called rakc. Did you mean rack?',
      ],
    },
    {
      name: 'a time zone that there is not',
      change: ['America/New_York', 'America/NewYork'],
      says: [
        'x.yaml:13:7  guards.windows.rack.timeZone: unknown time zone America/NewYork. Did you mean America/New_York?',
      ],
    },
    {
      name: 'an offset in place of a time zone',
      change: ['America/New_York', "'+02:00'"],
      says: [
        'x.yaml:13:7  guards.windows.rack.timeZone: unknown time zone +02:00. Such as America/New_York.',
      ],
    },
    {
      name: 'a time that no clock shows',
      change: ['22:00', '25:00'],
      says: ['x.yaml:14:36  guards.windows.rack.allowed.0.from: a time such as 02:30, 00:00 to 23:59'],
    },
    {
      name: 'a window that closes as it opens',
      change: ['to: 02:00', 'to: 22:00'],
      says: [
        'x.yaml:14:49  guards.windows.rack.allowed.0.to: opens and closes at 22:00; a whole day is 00:00 to 24:00',
      ],
    },
    {
      name: 'a day that no calendar has',
      change: ['2026-12-24', '2026-11-31'],
      says: ['x.yaml:15:18  guards.windows.rack.blocked.0.from: a day such as 2026-12-24'],
    },
    {
      name: 'a block that ends before it begins',
      change: ['from: 2026-12-24', 'from: 2026-12-24, to: 2026-12-23'],
      says: ['x.yaml:15:36  guards.windows.rack.blocked.0.to: 2026-12-23 is before 2026-12-24'],
    },
    {
      name: 'a stop probe that there is not',
      change: ['probe: writes, for', 'probe: wriets, for'],
      says: ['x.yaml:16:11  guards.stop.0.probe: no steady state wriets. Did you mean writes?'],
    },
    {
      name: 'a stop probe that is not looked at during the run',
      change: ['probe: writes, for', 'probe: orders, for'],
      says: [
        'x.yaml:16:11  guards.stop.0.probe: orders is not looked at during the run; add during to its when',
      ],
    },
    {
      name: 'a stop probe with a time shorter than its pace',
      change: ['pace: 500ms', 'pace: 10s'],
      says: ['x.yaml:16:26  guards.stop.0.for: 5 s is shorter than the pace of writes, 10 s'],
    },
    {
      name: 'a kind of probe that does not exist yet',
      change: ['{marker: {}}', '{grafana: {}}'],
      says: [
        'x.yaml:18:28  steadyState.0.probe.grafana: unknown key. ' +
          'Known here: marker, sql, replication, http, tcp, kubernetes, prometheus, command, pp.',
      ],
    },
    {
      name: 'a probe of two kinds',
      change: ['{marker: {}}', '{marker: {}, tcp: {host: db1, port: 1}}'],
      says: ['x.yaml:18:40  steadyState.0.probe.tcp: either marker or tcp, not both'],
    },
    {
      name: 'a key of another kind of probe',
      change: ['min: 1', 'mim: 1'],
      says: [
        'x.yaml:20:13  steadyState.1.probe.sql: needs min, max or both',
        'x.yaml:20:55  steadyState.1.probe.sql.mim: unknown key. Did you mean min?',
      ],
    },
    {
      name: 'bounds that nothing is between',
      change: ['min: 1', 'min: 1, max: 0'],
      says: ['x.yaml:20:63  steadyState.1.probe.sql.max: 0 is less than min, 1'],
    },
    {
      name: 'two claims of one name',
      change: ['name: orders', 'name: writes'],
      says: ['x.yaml:19:5  steadyState.1.name: a second writes; give each a name of its own'],
    },
    {
      name: 'no marker for RTO and RPO',
      change: ['{marker: {}}', '{replication: {standbys: 1}}'],
      says: [
        'x.yaml:34:3  objectives.rto: nothing measures it; a steady state with probe: {marker: {}} does',
        'x.yaml:35:3  objectives.rpo: nothing measures it; a steady state with probe: {marker: {}} does',
      ],
    },
    {
      name: 'a kind of fault that does not exist yet',
      change: ['fault: power-off', 'fault: pod-kill'],
      says: [
        'x.yaml:22:5  method.0.fault: unknown fault pod-kill. ' +
          'Known here: power-off, stop, kill, freeze, cut, disk-full, hang-archiver, delete-pods, drain, cut-link, node-group-to-zero, api-server-down.',
      ],
    },
    {
      name: 'a mistyped kind of act',
      change: ['- fault:', '- falut:'],
      says: ['x.yaml:22:5  method.0.falut: unknown key. Did you mean fault?'],
    },
    {
      name: 'an act of two kinds',
      change: ['- wait: writes', '- wait: writes\n    operation: backup'],
      says: ['x.yaml:27:5  method.2.wait: either operation or wait, not both'],
    },
    {
      name: 'a second lift of one fault',
      change: ['  - lift: power-off\n', '  - lift: power-off\n  - lift: power-off\n'],
      says: ['x.yaml:33:5  method.5.lift: power-off was lifted before'],
    },
    {
      name: 'a role without quotes',
      change: ["    host: '{primary}'\n  - op", '    host: {primary}\n  - op'],
      says: [
        "x.yaml:23:5  method.0.host: a host of the inventory, or in quotes '{primary}', '{standby}', '{pooler}'",
      ],
    },
    {
      name: 'a fault on a host that is no target',
      change: ['host: edge1', 'host: edge2'],
      says: [
        'x.yaml:30:22  method.3.parallel.0.host: no host of targets.hosts is called edge2. Did you mean edge1?',
      ],
    },
    {
      name: 'more hosts than may be hit',
      change: ['maxHosts: 2', 'maxHosts: 1'],
      says: ['x.yaml:9:3  targets.maxHosts: faults hit 2 hosts ({primary}, edge1), and 1 at most may be hit'],
    },
    {
      name: 'an expiry that nothing could keep',
      change: ['fault: power-off', 'fault: power-off\n    expires: 5m'],
      says: ['x.yaml:23:5  method.0.expires: unknown key. Known here: fault, host, name.'],
    },
    {
      name: 'an expiry over the cap',
      change: ['expires: 2m', 'expires: 2h'],
      says: [
        'x.yaml:30:48  method.3.parallel.0.expires: at least 10 seconds, at most 1 h, written 5, 5s or 2m',
      ],
    },
    {
      name: 'a flag that the command does not have',
      change: ['unplanned: true', 'unplaned: true'],
      says: ['x.yaml:25:31  method.1.with.unplaned: unknown key. Did you mean unplanned?'],
    },
    {
      name: 'both planned and unplanned',
      change: ['unplanned: true', 'planned: true, unplanned: true'],
      says: ['x.yaml:25:46  method.1.with.unplanned: either planned or unplanned, not both'],
    },
    {
      name: 'a wait for what is not claimed',
      change: ['wait: writes', 'wait: write'],
      says: ['x.yaml:27:5  method.2.wait: no steady state write. Did you mean writes?'],
    },
    {
      name: 'a wait for no duration',
      change: ['wait: 10s', 'wait: 10 sec'],
      says: [
        'x.yaml:31:10  method.3.parallel.1.wait: a duration such as 30s, 1h at most, or the name of a steady state',
      ],
    },
    {
      name: 'a timeout where only time passes',
      change: ['wait: 10s', 'wait: 10s, timeout: 5s'],
      says: [
        'x.yaml:31:21  method.3.parallel.1.timeout: only the time passes here; a timeout is for a steady state',
      ],
    },
    {
      name: 'a lift of what comes later or beside it',
      change: ['{wait: 10s}', '{lift: cut}'],
      says: ['x.yaml:31:10  method.3.parallel.1.lift: no earlier fault cut. There are: power-off.'],
    },
    {
      name: 'two acts of one name',
      change: ['- operation: failover', '- operation: failover\n    name: power-off'],
      says: ['x.yaml:25:5  method.1.name: a second power-off; give each a name of its own'],
    },
    {
      name: 'parallel acts inside parallel acts',
      change: ['{wait: 10s}', '{parallel: [{wait: 1s}, {wait: 2s}]}'],
      says: [
        'x.yaml:31:10  method.3.parallel.1.parallel: unknown key. Known here: fault, operation, wait, lift, load.',
      ],
    },
    {name: 'no act', change: method('[]'), says: ['x.yaml:21:1  method: one act or more']},
    {
      name: 'a method that only waits',
      change: method('[{wait: 5s}]'),
      says: ['x.yaml:21:1  method: nothing happens in it: neither a fault, nor an operation, nor a load'],
    },
    {
      name: 'a share that is none',
      change: ['99.5%', '995%'],
      says: ['x.yaml:36:30  objectives.services.0.atLeast: a share such as 99% or 0.99'],
    },
    {
      name: 'a hook without a way to tell it',
      change: ['command: [bin/chat, x], ', ''],
      says: ['x.yaml:41:10  notify.chat: needs either command or webhook'],
    },
    {name: 'what is no YAML', change: ['owner:', 'title:'], says: ['x.yaml:4:1  Map keys must be unique']},
    {
      name: 'a text in place of a drill',
      change: [/[^]*/, 'hello'],
      says: ['x.yaml:1:1  file: should be a mapping'],
    },
  ]

test.each(wrong)('$name is refused with its place, and nothing else is', ({change, says}) => {
  expect(mistakesOf(validDrill.replace(...change))).toEqual(says)
})

test('mistakes of the schema and across the file come in one run', () => {
  const text = validDrill
    .replace('owner:', 'ower:')
    .replace('wait: writes', 'wait: write')
    .replace('99.5%', 'most')
  expect(mistakesOf(text)).toEqual([
    'x.yaml:1:1  owner: missing',
    'x.yaml:4:1  ower: unknown key. Did you mean owner?',
    'x.yaml:27:5  method.2.wait: no steady state write. Did you mean writes?',
    'x.yaml:36:30  objectives.services.0.atLeast: a share such as 99% or 0.99',
  ])
})

test('a secret written into a hook is refused without being shown', () => {
  const text = validDrill.replace('command: [bin/chat, x]', "webhook: 'https://chat', token: hunter2")
  const [line] = mistakesOf(text)
  expect(line).toContain('notify.chat.token: a reference, env:NAME or file:PATH')
  expect(line).not.toContain('hunter2')
})

test('an empty file lacks everything that has to be there', () => {
  expect(mistakesOf('').map((line) => line.split('  ')[1])).toEqual(
    ['apiVersion', 'environments', 'method', 'owner', 'steadyState', 'targets', 'title', 'why'].map(
      (key) => `${key}: missing`,
    ),
  )
})

test('a drill that has the name of a command of pp drill could not be typed and is refused', () => {
  expect(mistakesOf(validDrill, 'list')).toEqual([
    'list.yaml:1:1  file: list is a command of pp drill; give the file another name',
  ])
})

test('a drill that there is not is unknown, with the nearest name', () => {
  drills.write('dr', validDrill)
  expect(() => loadDrill(drills.home, 'rd')).toThrow(
    expect.objectContaining({
      code: 'DRILL_UNKNOWN',
      exitCode: 2,
      message: expect.stringContaining('there are dr.'),
    }),
  )
})

test('a name that leads out of the folder is unknown', () => {
  drills.write('dr', validDrill)
  expect(() => loadDrill(drills.home, '../drills/dr')).toThrow(
    expect.objectContaining({code: 'DRILL_UNKNOWN'}),
  )
})

test('a fleet without the folder has no drills', () => {
  expect(listDrills({file: '/nowhere/fleet.yaml', lab: undefined})).toEqual([])
})

describe('the drills that pp comes with', () => {
  const home = {file: join(packageRoot, 'fleet.yaml'), lab: 'default'}

  test('are these', () => {
    expect(listDrills(home)).toEqual([
      'az-loss',
      'disk-full',
      'dr',
      'link-loss',
      'pod-loss',
      'pooler-loss',
      'rack-loss',
      'render-surge',
      'restore',
      'switchover',
    ])
  })

  test.each(listDrills(home))('%s is valid, and the lab is open to it at any time', (name) => {
    const drill = loadDrill(home, name)
    expect(drill.environments).toContain('lab')
    expect(drill.guards.windows.lab).toBeUndefined()
  })

  test('dr wants clients to write again within 30 s and no acknowledged row to be missing', () => {
    expect(loadDrill(home, 'dr').objectives).toMatchObject({rtoSeconds: 30, rpoRows: 0})
  })
})
