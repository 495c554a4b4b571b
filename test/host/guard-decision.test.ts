// The guard's decision is a pure function: what was seen in, what to do out.
import {expect, test} from '@jest/globals'
import fc from 'fast-check'
import {spawnSync} from 'node:child_process'

import {isolated, program, python} from './helper-process.ts'

interface Member {
  readonly host: string
  readonly answered: boolean
  readonly inRecovery: boolean | null
  readonly systemIdentifier: string | null
  readonly timeline: number | null
}

interface Facts {
  readonly from: string
  readonly timeline: number
  readonly systemIdentifier: string
  readonly members: readonly Member[]
  readonly fenced: boolean
  readonly pastHardLimit: boolean
}

interface Decision {
  readonly act: 'route' | 'look-again' | 'nowhere'
  readonly host: string | null
  readonly reason: string
}

const driver = `
import json, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from pp_host.guard_decision import decide
json.dump([decide(facts) for facts in json.load(sys.stdin)], sys.stdout)
`

function decideAll(cases: readonly Facts[]): readonly Decision[] {
  const answer = spawnSync(python, [`${isolated}c`, driver, program], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  if (answer.status !== 0) throw new Error(answer.stderr)
  return JSON.parse(answer.stdout) as readonly Decision[]
}

const writable = (host: string, timeline: number, systemIdentifier = '77'): Member => ({
  host,
  answered: true,
  inRecovery: false,
  systemIdentifier,
  timeline,
})
const standby = (host: string, timeline: number, systemIdentifier = '77'): Member => ({
  host,
  answered: true,
  inRecovery: true,
  systemIdentifier,
  timeline,
})
const silent = (host: string): Member => ({
  host,
  answered: false,
  inRecovery: null,
  systemIdentifier: null,
  timeline: null,
})

const facts = (members: readonly Member[], changes: Partial<Facts> = {}): Facts => ({
  from: 'db1',
  timeline: 4,
  systemIdentifier: '77',
  members,
  fenced: false,
  pastHardLimit: false,
  ...changes,
})

const table: readonly {name: string; facts: Facts; early: string; late: string}[] = [
  {
    name: 'nothing has happened: back to the old primary',
    facts: facts([writable('db1', 4), standby('db2', 4), standby('db3', 4)]),
    early: 'route db1',
    late: 'route db1',
  },
  {
    name: 'promoted: to the new primary, though the old one is gone',
    facts: facts([silent('db1'), writable('db2', 5), standby('db3', 4)]),
    early: 'route db2',
    late: 'route db2',
  },
  {
    name: 'promoted, and the old one follows already',
    facts: facts([standby('db1', 5), writable('db2', 5), standby('db3', 5)]),
    early: 'route db2',
    late: 'route db2',
  },
  {
    name: 'promoted another one than was asked for: still the only one above the start',
    facts: facts([silent('db1'), silent('db2'), writable('db3', 5)]),
    early: 'route db3',
    late: 'route db3',
  },
  {
    name: 'stopped and not yet promoted: nobody is writable',
    facts: facts([silent('db1'), standby('db2', 4), standby('db3', 4)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    // "The first writable one" lost 1137 of 2262 acknowledged rows: the new primary was behind the partition.
    name: 'partition: the old primary writes, the promoted one does not answer',
    facts: facts([writable('db1', 4), silent('db2'), standby('db3', 4)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    // A RESUME at the limit without looking lost 824 of 824 acknowledged writes.
    name: 'limit reached and nobody answers',
    facts: facts([silent('db1'), silent('db2'), silent('db3')]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'partition: a standby already follows a timeline whose primary does not answer',
    facts: facts([writable('db1', 4), silent('db2'), standby('db3', 5)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'the old primary thawed: writable on the older timeline, the new one on the newer',
    facts: facts([writable('db1', 4), writable('db2', 5), standby('db3', 5)]),
    early: 'route db2',
    late: 'route db2',
  },
  {
    name: 'two promoted to the same timeline',
    facts: facts([silent('db1'), writable('db2', 5), writable('db3', 5)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'two writable on the old timeline',
    facts: facts([writable('db1', 4), writable('db2', 4), standby('db3', 4)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'another one than the old primary writes on the old timeline',
    facts: facts([standby('db1', 4), writable('db2', 4), standby('db3', 4)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'this operation has fenced the old primary, and it writes again',
    facts: facts([writable('db1', 4), standby('db2', 4), standby('db3', 4)], {fenced: true}),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'the old primary was fenced and another one has been promoted',
    facts: facts([silent('db1'), writable('db2', 5), standby('db3', 5)], {fenced: true}),
    early: 'route db2',
    late: 'route db2',
  },
  {
    name: "another cluster answers at a member's address: that member has not answered",
    facts: facts([writable('db1', 4), standby('db2', 4), standby('db3', 4, '99')]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'a foreign cluster on a high timeline is no new primary',
    facts: facts([silent('db1'), writable('db2', 9, '99'), standby('db3', 4)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'the old primary writes on an older timeline than at the start (restored from a backup)',
    facts: facts([writable('db1', 3), standby('db2', 3), standby('db3', 3)]),
    early: 'look-again',
    late: 'nowhere',
  },
  {
    name: 'the old primary itself went on to a higher timeline',
    facts: facts([writable('db1', 5), silent('db2'), standby('db3', 4)]),
    early: 'route db1',
    late: 'route db1',
  },
]

const show = ({act, host}: Decision): string => (act === 'route' ? `${act} ${host ?? ''}` : act)
const early = decideAll(table.map((row) => row.facts))
const late = decideAll(table.map((row) => ({...row.facts, pastHardLimit: true})))

test.each(table.map((row, index) => ({...row, index})))('$name: $early, at the limit $late', (row) => {
  expect([show(early[row.index]!), show(late[row.index]!)]).toEqual([row.early, row.late])
  expect(early[row.index]?.reason).not.toBe('')
})

const anyMember = (host: string): fc.Arbitrary<Member> =>
  fc.oneof(
    fc.constant(silent(host)),
    fc
      .record({inRecovery: fc.boolean(), timeline: fc.integer({min: 3, max: 6}), foreign: fc.boolean()})
      .map(({inRecovery, timeline, foreign}) => ({
        host,
        answered: true,
        inRecovery,
        timeline,
        systemIdentifier: foreign ? '99' : '77',
      })),
  )
const anyFacts = fc.record({
  from: fc.constant('db1'),
  timeline: fc.constant(4),
  systemIdentifier: fc.constant('77'),
  members: fc.tuple(anyMember('db1'), anyMember('db2'), anyMember('db3')),
  fenced: fc.boolean(),
  pastHardLimit: fc.boolean(),
})

test('for any 3000 looks: routes only to the one writable member on the highest timeline, and to the old primary only when all answered and nothing was fenced', () => {
  const looks = fc.sample(anyFacts, 3000)
  const decisions = decideAll(looks)
  for (const [index, look] of looks.entries()) {
    const {act, host} = decisions[index]!
    const ours = look.members.filter(({systemIdentifier}) => systemIdentifier === '77')
    const highest = Math.max(...ours.map(({timeline}) => timeline ?? 0))
    const top = ours.filter((member) => member.inRecovery === false && member.timeline === highest)
    if (act === 'route') {
      expect(top.map((member) => member.host)).toEqual([host])
      if (highest <= 4) expect([host, ours.length, look.fenced, highest]).toEqual(['db1', 3, false, 4])
    } else {
      expect(act).toBe(look.pastHardLimit ? 'nowhere' : 'look-again')
      if (top.length === 1 && highest > 4) throw new Error('a new primary was not routed to')
    }
  }
})
