// Scenario: commits wait for nobody, the standbys fall behind, and the primary's host loses its power. pp cannot bound the loss in
// bytes and refuses, exit 3; an operator accepts it by name, and pp is killed in the middle of it or not. What rejoining the old
// primary keeps aside is, row for row, what the clients' own ledger misses.
// Incident behind it: "asynchronous, but it is never more than a second", and a Monday without the weekend's orders.
import {expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {cut, mend, powerOff, powerOn} from '../../src/lib/lab/index.ts'
import {expectDone} from '../in-lab/ended.ts'
import {asynchronous, lab, onHost, useLab} from '../in-lab/lab.ts'
import {startClients} from '../in-lab/load.ts'
import {failOver, pp, type Ended} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

const accepted = ['--max-loss', 'any'] as const
const resume = () => pp(['op', 'resume', '--yes', '--json'])

test.each([
  {title: 'in one go', failpoint: undefined},
  ...['before fence-lost', 'after fence-lost', 'before promote', 'after promote', 'after release'].map(
    (place) => ({
      title: `killed ${place}, resumed`,
      failpoint: `kill ${place}`,
    }),
  ),
])(
  '$title: rows that never reached a standby are counted, and kept when their host is back',
  async ({failpoint}) => {
    await asynchronous()
    const load = await startClients()
    await cut(lab, 'db1', ['db2', 'db3'])
    await sleep(1500)
    await powerOff(lab, 'db1')
    await mend(lab, 'db1')

    const refused = failureOf(await failOver())
    expect(refused).toMatchObject({exitCode: 3, error: {code: 'DATA_LOSS_OVER_LIMIT'}})
    expect(refused.error.hint).toMatch(/pp failover db main --from db1 --max-loss \d+m$/)
    const ended = await failOverAndResume(failpoint)
    await sleep(500)
    const verdict = await load.stop()
    expect(ended.exitCode).toBe(0)
    const {to, loss} = reportOf(ended)
    expect(loss).toMatchObject({proven: false, bytes: null})
    expect(verdict).toMatchObject({duplicated: 0, writable: [to]})
    expect(verdict.lost).toBeGreaterThan(0)

    await powerOn(lab, 'db1')
    await sleep(3000)
    const back = await pp(['db', 'rejoin', 'db1', '--yes', '--json'])
    expectDone(back)
    const summary = await onHost('db1', 'sh', '-c', 'cat /var/lib/postgresql/15/main.diverged-*/summary.json')
    const {tables} = JSON.parse(summary) as {tables: {name: string | null; inserts: number}[]}
    const kept = tables.find(({name}) => name === 'pixelpulse.pp.probe')?.inserts ?? 0
    // Whether a row that was never answered had been written nobody but the old primary knows.
    expect(kept).toBeGreaterThanOrEqual(verdict.lost)
    expect(kept).toBeLessThanOrEqual(verdict.lost + verdict.unknown - verdict.unknownPresent)
  },
)

async function failOverAndResume(failpoint: string | undefined): Promise<Ended> {
  if (failpoint === undefined) return failOver({}, ...accepted)
  expect((await failOver({failpoint}, ...accepted)).exitCode).toBe('SIGKILL')
  return resume()
}
