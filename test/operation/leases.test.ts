// The lock of a service in clusters that are played here: what stands in whose way, and what is left when one fails.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {Journal} from '../../src/lib/operation/journal.ts'
import {keptByClusters, refuseWhileLeased} from '../../src/lib/operation/leases.ts'
import type {Lease} from '../../src/lib/operation/lock.ts'
import {FakeCluster} from '../fakes/fake-cluster.ts'

const about = {target: 'service/render', lease: 'pp-render'}
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/pixelpulse/leases/pp-render'
const holderKey = 'pp.pixelpulse.io/holder'
const operation = '0F3K8W2QX7'

let rack: FakeCluster
let aws: FakeCluster
let held: Lease[]
const folder = mkdtempSync(join(tmpdir(), 'pp-'))
beforeEach(() => {
  rack = new FakeCluster()
  aws = new FakeCluster()
  held = []
})
afterEach(() => {
  for (const lease of held) lease.abandon()
  rmSync(folder, {recursive: true, force: true})
})

const clusters = () => [
  {name: 'rack', namespace: 'pixelpulse', api: rack},
  {name: 'aws', namespace: 'pixelpulse', api: aws},
]
const keeper = () => keptByClusters(about, clusters())

async function lock(more: object = {}): Promise<Lease> {
  const lease = await keeper().acquire({operation, leaseSeconds: 60, mayTakeOver: false, ...more})
  held.push(lease)
  return lease
}

/** As a colleague's `pp` elsewhere has it. */
function colleagues(cluster: FakeCluster): void {
  const lease = cluster.object(leasePath)
  const holder = JSON.parse(lease.metadata.annotations[holderKey])
  lease.metadata.annotations[holderKey] = JSON.stringify({...holder, owner: 'ana@ops1', operatorHost: 'ops1'})
  cluster.put(leasePath, lease)
}

function journalOf(id: string): Journal {
  const journal = Journal.create(folder, id)
  journal.append('opened', {kind: 'scale', target: about.target})
  return journal
}

describe('a lock of a service', () => {
  test('is a Lease in each of its clusters, and is given back in each', async () => {
    const lease = await lock()
    for (const cluster of [rack, aws])
      expect(cluster.object(leasePath).spec).toMatchObject({
        holderIdentity: expect.stringMatching(`^${operation} .+@`),
        leaseDurationSeconds: 60,
        leaseTransitions: 1,
      })
    expect(lease.isFresh()).toBe(true)
    await lease.release()
    for (const cluster of [rack, aws]) expect(cluster.object(leasePath).spec.holderIdentity).toBeUndefined()
    expect((await lock({operation: '0F3K8W2QX8'})).token).toBe(2)
  })

  test('stands in the way of another operation, and what the first had by then is given back', async () => {
    await lock()
    for (const cluster of [rack, aws]) colleagues(cluster)
    aws.remove(leasePath) // the first in order is free, the second is not
    await expect(lock({operation: '0F3K8W2QX8'})).rejects.toMatchObject({code: 'TARGET_LOCKED', exitCode: 6})
    expect(aws.objects.has(leasePath)).toBe(false)
    await expect(refuseWhileLeased(about, clusters())).rejects.toMatchObject({code: 'TARGET_LOCKED'})
  })

  test('that has run out still asks for its operation to be finished', async () => {
    await lock()
    for (const cluster of [rack, aws]) {
      colleagues(cluster)
      cluster.now += 62_000
    }
    await expect(lock({operation: '0F3K8W2QX8'})).rejects.toMatchObject({code: 'OPERATION_UNFINISHED'})
    const lease = await lock({mayTakeOver: true})
    expect(lease).toMatchObject({token: 2, takenOver: {owner: 'ana@ops1'}})
  })

  test('that could not be given back is free when its operation has ended', async () => {
    await lock()
    for (const cluster of [rack, aws]) {
      colleagues(cluster)
      cluster.now += 62_000
    }
    const journal = journalOf(operation)
    const copies = keeper().copies(journal, 0)
    journal.append('closed', {outcome: 'done'})
    await copies.flush()
    journal.close()
    expect((await lock({operation: '0F3K8W2QX8'})).token).toBe(2)
  })

  test('is not had where one of two clusters does not answer, and nothing is left in the other', async () => {
    aws.isSilent = true
    await expect(lock()).rejects.toMatchObject({code: 'CLUSTER_UNREACHABLE'})
    expect(rack.objects.has(leasePath)).toBe(false)
    aws.isSilent = false
    rack.beforeWrite = () => {
      rack.isSilent = true
      throw new Error('gone in the middle')
    }
    await expect(lock()).rejects.toThrow('gone in the middle')
    expect(aws.object(leasePath).spec.holderIdentity).toBeUndefined()
  })

  test('is had by one of two who take it at the same moment', async () => {
    const other = keeper()
    let isFirst = true
    aws.beforeWrite = () => {
      if (!isFirst) return
      isFirst = false
      aws.put(leasePath, {
        apiVersion: 'v1',
        metadata: {name: 'pp-render', annotations: {}},
        spec: {leaseTransitions: 4},
      })
    }
    const lease = await other.acquire({operation, leaseSeconds: 60, mayTakeOver: false})
    held.push(lease)
    expect(lease.token).toBe(5)
  })

  test('is lost to whoever has taken it over, which its next renewal finds out', async () => {
    const lease = await lock({leaseSeconds: 0.06})
    const taken = aws.object(leasePath)
    aws.put(leasePath, {...taken, spec: {...taken.spec, leaseTransitions: 9}})
    while (lease.leftSeconds() > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(lease.isFresh()).toBe(false)
    await lease.release()
    expect(aws.object(leasePath).spec).toMatchObject({
      leaseTransitions: 9,
      holderIdentity: expect.any(String),
    })
  })
})

describe('copies of a journal', () => {
  test('are in each cluster; one that was silent gets what it missed', async () => {
    const journal = journalOf(operation)
    const one = keeper()
    const copies = one.copies(journal, 0)
    aws.isSilent = true
    journal.append('locked', {token: 1})
    await copies.flush()
    expect(await keptByClusters(about, clusters().slice(0, 1)).chain(operation)).toEqual(journal.lines)
    aws.isSilent = false
    journal.append('direction', {direction: 'forward'})
    await copies.flush()
    expect(await keptByClusters(about, clusters().slice(1)).chain(operation)).toEqual(journal.lines)
    await one.forget?.(operation)
    expect(await one.chain(operation)).toBeUndefined()
    journal.close()
  })

  test('of a later holder stay, and an older chain is kept beside the one that takes its place', async () => {
    const journal = journalOf(operation)
    await keeper().copies(journal, 0).flush()
    journal.append('locked', {token: 1})
    journal.close()
    rmSync(folder, {recursive: true})

    const later = Journal.create(folder, operation)
    later.token = 2
    later.append('opened', {kind: 'scale', target: about.target, isLater: true})
    await keeper().copies(later, 0).flush()
    expect(await keeper().chain(operation)).toEqual(later.lines)
    const [copy] = [...rack.objects.values()].filter(({kind}) => kind === 'ConfigMap')
    expect(Object.keys(copy?.data as object)).toHaveLength(2)
    later.close()
    rmSync(folder, {recursive: true})

    const earlier = journalOf(operation)
    await keeper().copies(earlier, 0).flush()
    expect(await keeper().chain(operation)).toEqual(later.lines)
    earlier.close()
  })
})
