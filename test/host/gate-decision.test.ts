// The boot gate's decision is a pure function: what the other hosts show in, how the server starts out.
import {expect, test} from '@jest/globals'
import fc from 'fast-check'
import {spawnSync} from 'node:child_process'

import {isolated, program, python} from './helper-process.ts'

interface Control {
  readonly state: string
  readonly timeline: number
  readonly systemIdentifier: string
  readonly crcOk: boolean
}

interface Tag {
  readonly member: string
  readonly operation: string
}

interface Shown {
  readonly control: Control | null
  readonly fenceTags: readonly Tag[]
  readonly lock: {readonly operation: string; readonly leaseLeftSeconds: number} | null
}

interface Facts {
  readonly host: string
  readonly control: Control
  readonly fenceTags: readonly Tag[]
  readonly peers: readonly string[]
  readonly answers: Readonly<Record<string, Shown>>
  readonly isLast: boolean
}

const driver = `
import json, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from pp_host.gate import decide_gate
json.dump([decide_gate(facts) for facts in json.load(sys.stdin)], sys.stdout)
`

function decideAll(cases: readonly Facts[]): readonly (readonly [decision: string, reason: string])[] {
  const {stdout, stderr, status} = spawnSync(python, [`${isolated}c`, driver, program], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as [string, string][]
}

const control = (some: Partial<Control>): Control => ({
  state: 'in archive recovery',
  timeline: 7,
  systemIdentifier: '1',
  crcOk: true,
  ...some,
})
const standby: Shown = {control: control({}), fenceTags: [], lock: null}
const pooler: Shown = {control: null, fenceTags: [], lock: null}
const all = {db2: standby, db3: standby, edge1: pooler, edge2: pooler}
const facts = (some: Partial<Facts>): Facts => ({
  host: 'db1',
  control: control({state: 'in production'}),
  fenceTags: [],
  peers: Object.keys(all),
  answers: all,
  isLast: false,
  ...some,
})
const atWork = {operation: 'op-2', leaseLeftSeconds: 3}
const tag = (member: string) => ({member, operation: 'op-1'})

const cases: readonly {readonly what: string; readonly facts: Facts; readonly decision: string}[] = [
  {what: 'all answer and nobody is ahead: a lone restart, or a cold start', facts: facts({}), decision: 'open'},
  {what: 'another accepts writes', facts: facts({answers: {...all, db2: {...standby, control: control({state: 'in production'})}}}), decision: 'standby'},
  {what: 'another is on a newer timeline, even if it does not run', facts: facts({answers: {...all, db2: {...standby, control: control({state: 'shut down', timeline: 8})}}}), decision: 'standby'},
  {what: 'the control file of a dead primary on an older timeline still says "in production"', facts: facts({answers: {...all, db2: {...standby, control: control({state: 'in production', timeline: 6})}}}), decision: 'open'},
  {what: "another's control file is torn", facts: facts({answers: {...all, db2: {...standby, control: control({timeline: 9, crcOk: false})}}}), decision: 'open'},
  {what: 'another holds the data of another cluster', facts: facts({answers: {...all, db2: {...standby, control: control({timeline: 9, systemIdentifier: '2'})}}}), decision: 'open'},
  {what: 'it was fenced itself', facts: facts({fenceTags: [tag('db3'), tag('db1')]}), decision: 'standby'},
  {what: "a pooler's host says that it was fenced", facts: facts({answers: {...all, edge1: {...pooler, fenceTags: [tag('db1'), tag('db2')]}}}), decision: 'standby'},
  {what: 'another member was fenced', facts: facts({answers: {...all, edge1: {...pooler, fenceTags: [tag('db2'), tag('db3')]}}}), decision: 'open'},
  {what: 'an operation is at work', facts: facts({answers: {...all, db3: {...standby, lock: atWork}}}), decision: 'ask again'},
  {what: 'an operation stays at work', facts: facts({answers: {...all, db3: {...standby, lock: atWork}}, isLast: true}), decision: 'standby'},
  {what: 'an operation was interrupted, its lease has ended', facts: facts({answers: {...all, db3: {...standby, lock: {...atWork, leaseLeftSeconds: 0}}}}), decision: 'open'},
  {what: 'one is silent: asked again', facts: facts({answers: {db3: standby, edge1: pooler, edge2: pooler}}), decision: 'ask again'},
  {what: 'one stays silent, a majority answers', facts: facts({answers: {db3: standby, edge1: pooler, edge2: pooler}, isLast: true}), decision: 'open'},
  {what: 'two of five are a minority', facts: facts({answers: {edge1: pooler}, isLast: true}), decision: 'standby'},
  {what: 'nobody answers', facts: facts({answers: {}, isLast: true}), decision: 'standby'},
] // prettier-ignore

test('the one tag that a helper of before shows counts as well', () => {
  const before = ({fenceTags: _, ...shown}: Shown, member?: string) =>
    ({...shown, fenceTag: member === undefined ? null : tag(member)}) as unknown as Shown
  const answers = {...all, edge1: before(pooler), edge2: before(pooler)}
  const decided = decideAll([facts({answers}), facts({answers: {...answers, edge2: before(pooler, 'db1')}})])
  expect(decided.map(([decision]) => decision)).toEqual(['open', 'standby'])
})

test('the table of cases', () => {
  const decided = decideAll(cases.map((one) => one.facts))
  const wrong = cases.flatMap(({what, decision}, index) =>
    decided[index]?.[0] === decision ? [] : [`${what}: ${decided[index]?.join(', ') ?? ''}, not ${decision}`],
  )
  expect(wrong).toEqual([])
})

test('never opens beside a newer primary that it hears of, and never without a majority', () => {
  const mostlyNull = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof({weight: 9, arbitrary: fc.constant(null)}, {weight: 1, arbitrary: value})
  const shown = fc.record({
    control: fc.oneof(
      {weight: 5, arbitrary: fc.constant(control({}))},
      fc.record({
        state: fc.constantFrom('in production', 'shut down', 'in archive recovery'),
        timeline: fc.integer({min: 6, max: 8}),
        systemIdentifier: fc.constant('1'),
        crcOk: fc.constant(true),
      }),
    ),
    fenceTags: fc.oneof({weight: 9, arbitrary: fc.constant([])}, fc.subarray([tag('db1'), tag('db2')])),
    lock: mostlyNull(
      fc.record({operation: fc.constant('op-2'), leaseLeftSeconds: fc.integer({min: 0, max: 5})}),
    ),
  })
  const some = fc.record({db2: shown, db3: shown, edge1: shown, edge2: shown}, {requiredKeys: []})
  const sampled = fc
    .sample(fc.record({answers: some, isLast: fc.boolean()}), 500)
    .map(({answers, isLast}) => facts({answers: answers, isLast}))
  const opened = decideAll(sampled).flatMap(([decision], index) =>
    decision === 'open' ? [sampled[index]] : [],
  )
  expect(opened.length).toBeGreaterThan(0)
  for (const one of opened) {
    const answers = Object.values(one?.answers ?? {})
    expect(answers.length).toBeGreaterThanOrEqual(2)
    expect(answers.some((answer) => (answer.control?.timeline ?? 0) > 7)).toBe(false)
    expect(answers.some((answer) => answer.fenceTags.some(({member}) => member === 'db1'))).toBe(false)
  }
})
