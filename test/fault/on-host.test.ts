// A fault through the host helper, which is played here: what is asked of it, and what its answers and its silence prove.
import {describe, expect, test} from '@jest/globals'

import {HelperLost, HelperRefusal} from '../../src/lib/drivers/helper/errors.ts'
import type {Helper} from '../../src/lib/drivers/helper/types.ts'
import type {SshLook} from '../../src/lib/drivers/ssh/look.ts'
import {hostFault, type HostFaultContext, type HostFaultRecord} from '../../src/lib/fault/on-host.ts'

interface Asked {
  readonly verb: string
  readonly args: Record<string, unknown>
}

/** A helper whose answers the test gives, by verb. */
function played(answers: Record<string, unknown>): {helper: Helper; asked: Asked[]} {
  const asked: Asked[] = []
  const helper = {
    host: 'db1',
    notAfter: (seconds: number) => 1000 + seconds,
    call: async (verb: string, args: Record<string, unknown>) => {
      asked.push({verb, args})
      const answer = answers[verb]
      if (Error.isError(answer)) throw answer
      return answer
    },
  } as unknown as Helper
  return {helper, asked}
}

const record = (changes: Partial<HostFaultRecord> = {}): HostFaultRecord => ({
  kind: 'freeze',
  host: 'db1',
  target: 'main',
  id: 'f-1',
  from: [],
  expiresSeconds: 60,
  ...changes,
})

const context = (changes: Partial<HostFaultContext> = {}): HostFaultContext => ({
  operation: 'drill-1',
  token: 7,
  lock: 'main.drill',
  orderSeconds: 10,
  look: () => Promise.reject(new Error('not looked at')),
  ...changes,
})

const sees = (answer: SshLook['answer']) => () => Promise.resolve({answer, said: `it ${answer}`})
const shown = {fault: 'f-1', kind: 'freeze', holds: true, measured: '7 of 7 processes stand still'}
const lost = (mayHaveRun: boolean) => new HelperLost('db1', 'HELPER_TIMED_OUT', 'no answer', mayHaveRun)

describe('a fault on a host', () => {
  test('is asked for with the lock’s token, and lifted with it or without', async () => {
    const {helper, asked} = played({fault: {}, lift: {gone: true}})
    const fault = hostFault(helper, record(), context())
    expect(await fault.apply()).toEqual(record())
    await fault.undo()
    await hostFault(helper, record(), context({token: undefined})).undo()
    const named = {target: 'main', operation: 'drill-1', fault: 'f-1'}
    const locked = {...named, lock: 'main.drill', token: 7, notAfter: 1010}
    expect(asked).toEqual([
      {
        verb: 'fault',
        args: {...locked, kind: 'freeze', from: [], expiresSeconds: 60},
      },
      {verb: 'lift', args: locked},
      {verb: 'lift', args: named},
    ])
  })

  test('is never made without a lock', async () => {
    const {helper, asked} = played({fault: {}})
    await expect(hostFault(helper, record(), context({token: undefined})).apply()).rejects.toThrow('lock')
    expect(asked).toEqual([])
  })

  test('is proved by what the host measures, and gone by what it measured when it was lifted', async () => {
    const prove = (faults: object[], lifted: object[]) =>
      hostFault(played({faults: {faults, lifted}}).helper, record(), context())
    const before = {fault: 'f-1', by: 'its timer', measured: '0 of 7 processes stand still'}
    expect(await prove([shown], []).proveInForce()).toEqual({holds: true, measured: shown.measured})
    expect(await prove([shown], []).proveGone()).toEqual({holds: false, measured: shown.measured})
    expect(await prove([], [before]).proveInForce()).toEqual({
      holds: false,
      measured: 'lifted by its timer: 0 of 7 processes stand still',
    })
    expect(await prove([], [before]).proveGone()).toEqual({holds: true, measured: before.measured})
    expect(await prove([{...shown, fault: 'f-2'}], []).proveInForce()).toEqual({
      holds: false,
      measured: 'not known there',
    })
    expect(await prove([{...shown, fault: 'f-2'}], []).proveGone()).toEqual({
      holds: true,
      measured: 'not known there',
    })
  })

  test('that is refused, or whose answer is lost, is no proved fault', async () => {
    const refusal = new HelperRefusal('db1', 'fault', 'FAULT_NOT_RUNNING', 'none runs', undefined)
    for (const error of [refusal, lost(true), lost(false)]) {
      const fault = hostFault(played({fault: error, faults: error}).helper, record(), context())
      await expect(fault.apply()).rejects.toBe(error)
      await expect(fault.proveInForce()).rejects.toBe(error)
      await expect(fault.proveGone()).rejects.toBe(error)
    }
  })
})

describe('a cut', () => {
  const cut = (error: Error, look: HostFaultContext['look']) =>
    hostFault(
      played({fault: error, faults: error, lift: error}).helper,
      record({kind: 'cut'}),
      context({look}),
    )

  test('takes the answer with it, and is proved by silence outside', async () => {
    const fault = cut(lost(true), sees('silent'))
    expect(await fault.apply()).toEqual(record({kind: 'cut'}))
    expect(await fault.proveInForce()).toEqual({holds: true, measured: 'it silent'})
  })

  test.each(['answers', 'no-ssh'] as const)('is not in force where the host %s', async (answer) => {
    expect(await cut(lost(true), sees(answer)).proveInForce()).toMatchObject({holds: false})
  })

  test('that was never sent, or was refused, is none', async () => {
    const refusal = new HelperRefusal('db1', 'fault', 'FAULT_NO_FILTER', 'nft', undefined)
    for (const error of [lost(false), refusal])
      await expect(cut(error, sees('silent')).apply()).rejects.toBe(error)
  })

  test('is not taken for gone, nor for lifted, while nobody hears of the host', async () => {
    const error = lost(true)
    await expect(cut(error, sees('silent')).proveGone()).rejects.toBe(error)
    await expect(cut(error, sees('silent')).undo()).rejects.toBe(error)
  })
})
