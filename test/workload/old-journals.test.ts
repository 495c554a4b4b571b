// What an operation leaves in the clusters does not grow without end, and nothing that is still asked goes.
import {describe, expect, test} from '@jest/globals'
import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {listCopies, writeCopy} from '../../src/lib/drivers/kubernetes/journal-copy.ts'
import {newOperationId} from '../../src/lib/operation/id.ts'
import {Journal} from '../../src/lib/operation/journal.ts'
import {removeOldJournals} from '../../src/lib/workload/old-journals.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'

const now = Date.parse('2026-11-28T12:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'pp-journals-'))

/** A cluster with so many ended operations of render, a minute after each other. */
class Kept {
  readonly api = new FakeCluster()
  readonly #clusters = [{api: this.api, declared: {namespace: 'pixelpulse'}}] as never

  async add(minutesAgo: number, {intent = {}, isOpen = false, target = 'pp-render'} = {}): Promise<string> {
    const id = newOperationId(now - minutesAgo * 60_000)
    const journal = Journal.create(folder, id)
    journal.append('opened', {kind: 'scale', intent})
    if (!isOpen) journal.append('closed', {})
    journal.close()
    await writeCopy(this.api, {namespace: 'pixelpulse', operation: id, target}, journal.lines, undefined)
    return id
  }

  async fill(count: number): Promise<void> {
    for (let n = 1; n <= count; n++) await this.add(n)
  }

  async ids(): Promise<readonly string[]> {
    return (await listCopies(this.api, 'pixelpulse')).map(({operation}) => operation)
  }

  removeOld(): Promise<void> {
    return removeOldJournals('render', this.#clusters, now)
  }
}

describe('the journals of a service in a cluster', () => {
  test('are the last fifty; those of others stay', async () => {
    const kept = new Kept()
    const [oldest, older, others] = [
      await kept.add(3000),
      await kept.add(2000),
      await kept.add(4000, {target: 'pp-auth'}),
    ]
    await kept.fill(50)
    await kept.removeOld()
    const ids = await kept.ids()
    expect(ids).toHaveLength(51)
    expect(ids).toContain(others)
    expect(ids).not.toContain(oldest)
    expect(ids).not.toContain(older)
  })

  test.each([
    ['an operation that has not ended', {isOpen: true}],
    ['a scale that is not given back yet', {intent: {until: {to: '2026-12-01T00:00Z'}}}],
    ['a scale that was given back a week ago', {intent: {until: {to: '2026-11-21T00:00Z'}}}],
  ])('are more where there is %s: it stays, and so does all that is younger', async (_, more) => {
    const kept = new Kept()
    const oldest = await kept.add(3000)
    const stays = [await kept.add(2000, more), await kept.add(1000)]
    await kept.fill(50)
    await kept.removeOld()
    const ids = await kept.ids()
    expect(ids).toHaveLength(52)
    expect(ids).not.toContain(oldest)
    expect(ids).toEqual(expect.arrayContaining(stays))
  })

  test('are no more than fifty where what was set for a time is long over', async () => {
    const kept = new Kept()
    const over = await kept.add(3000, {intent: {until: {to: '2026-10-01T00:00Z'}}})
    await kept.fill(50)
    await kept.removeOld()
    expect(await kept.ids()).not.toContain(over)
  })
})
