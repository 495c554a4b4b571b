// Scenario: the morning after. A member was kept from becoming primary, the primary was lost, and was lost again within the
// hour. Who decided what is in the journals: what was done is listed, checked against the voters' copies, and can be
// finished by hand; a second failover so soon is refused with exit 3 until somebody says --again.
// Incident behind it: a post-mortem with three versions of who failed over when, and a database that moved round in circles.
import {expect, test} from '@jest/globals'

import {useLab} from '../in-lab/lab.ts'
import {killServer} from '../in-lab/member.ts'
import {failOver, pp} from '../in-lab/pp.ts'
import {failureOf, reportOf} from '../in-lab/report.ts'

useLab()

test('a tag is kept, a change is told and proved, and a second one within the hour needs --again', async () => {
  expect((await pp(['db', 'tag', 'db2', 'no-failover'])).exitCode).toBe(0)
  await killServer('db1')
  const {to, operation} = reportOf(await failOver())
  expect(to).toBe('db3')

  const {changes} = JSON.parse((await pp(['db', 'history', '--json'])).stdout) as {changes: object[]}
  expect(changes[0]).toMatchObject({operation: operation.id, from: 'db1', to: 'db3'})
  expect(await pp(['op', 'verify', operation.id])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/✔ the chain of \d+ records holds(\n✔ .*: same, .*){5}/) as unknown,
  })
  expect((await pp(['op', 'show', operation.id, '--manual'])).stdout).toContain('can db1 still write?')

  const rejoined = await pp(['db', 'rejoin', 'db1', '--yes', '--events'])
  const events = rejoined.stdout.split('\n').map((line) => JSON.parse(line) as object)
  expect(events.length).toBeGreaterThan(5)
  expect(events.at(-1)).toMatchObject({schemaVersion: 1, outcome: 'done', exitCode: 0})

  await killServer('db3')
  const again = ['failover', 'db', '--from', 'db3', '--yes', '--json']
  expect(failureOf(await pp(again))).toMatchObject({exitCode: 3, error: {code: 'FAILED_OVER_RECENTLY'}})
  // The one that is tagged is still left out.
  expect(reportOf(await pp([...again, '--again']))).toMatchObject({exitCode: 0, to: 'db1'})
})
