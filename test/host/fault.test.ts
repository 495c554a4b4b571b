// What every fault has in common: its way back is on disk and timed before it acts, and nothing brings a lifted one back.
// The fault played is a hanging archiver; the timer is a stand-in for systemd-run (fixtures/bin).
import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals'
import {spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {act, type Answer, HostFolder, type HelperProcess} from './helper-process.ts'
import {osUser} from './postgres-cluster.ts'

// A busy machine starts a program in seconds.
jest.setTimeout(60_000)

const archiver = '#!/bin/sh\n[ -e "$1" ] || exit 1\ntouch "$3/$2"\n'

let host: HostFolder
let helper: HelperProcess
let command: string

beforeEach(async () => {
  host = new HostFolder()
  command = join(host.path, 'archive-wal')
  writeFileSync(command, archiver, {mode: 0o755})
  const data = join(host.path, 'data')
  mkdirSync(data)
  const database = {
    unit: `pp-test-${process.pid}.service`,
    dataDirectory: data,
    binDirectory: '/nowhere',
    osUser,
    port: 5432,
    socketDirectory: '/nowhere',
  }
  host.configure({
    schemaVersion: 1,
    host: 'db1',
    databases: {main: {...database, archiveCommand: command}, second: database},
    poolers: {},
    voterFor: ['third'],
  })
  host.unit(database.unit, {})
  helper = await host.helper()
  for (const target of ['main', 'second']) await helper.done('raise', {target, token: 1, operation: 'op-1'})
})

afterEach(() => host.remove())

const faultArgs = (changes: object = {}) =>
  act({fault: 'f-1', kind: 'hang-archiver', expiresSeconds: 600, ...changes})
const lift = (changes: object = {}) =>
  helper.done('lift', {target: 'main', operation: 'op-1', fault: 'f-1', ...changes})
const faults = async (by = helper) =>
  (await by.done('faults', {})) as {
    faults: {fault: string; holds: boolean; measured: string; expiresInSeconds: number | null}[]
    lifted: {fault: string; by: string; measured: string}[]
  }
const hangs = () =>
  spawnSync(command, ['/nonexistent', 'x', '/nonexistent'], {timeout: 700}).error !== undefined
const onDisk = () =>
  JSON.parse(host.read(host.state('fault/f-1.json'))) as {phase: string; kind: string; undo: object}

async function untilLifted(): Promise<void> {
  for (let look = 0; look < 300; look++) {
    if ((await faults()).lifted.length > 0) return
    await sleep(100)
  }
  throw new Error(`not lifted: ${host.read(join(host.path, 'guard.log'))}`)
}

/** Takes a stand-in's place; `$0.real` is the one of before. */
function wrap(name: string, script: string): void {
  renameSync(join(host.bin, name), join(host.bin, `${name}.real`))
  writeFileSync(join(host.bin, name), `#!/bin/sh\n${script}\n`, {mode: 0o755})
}

function unwrap(name: string): void {
  renameSync(join(host.bin, `${name}.real`), join(host.bin, name))
}

describe('a fault', () => {
  test('is proved, shown by faults, lifted on request, and proved gone', async () => {
    expect(await faults()).toMatchObject({faults: [], lifted: []})
    expect(await helper.done('fault', faultArgs())).toMatchObject({
      fault: 'f-1',
      already: false,
      measured: 'archive_command does not end, 0 files wait',
    })
    expect(hangs()).toBe(true)
    expect(await faults()).toMatchObject({
      faults: [{fault: 'f-1', kind: 'hang-archiver', holds: true, operation: 'op-1'}],
    })
    expect(await lift()).toEqual({
      gone: true,
      known: true,
      by: 'operation op-1',
      measured: 'archive_command ends',
    })
    expect(hangs()).toBe(false)
    expect(host.read(command)).toBe(archiver)
    expect(readdirSync(host.path)).not.toContain('archive-wal.pp-held')
    expect(await faults()).toMatchObject({
      faults: [],
      lifted: [{fault: 'f-1', by: 'operation op-1', inForce: 'archive_command does not end, 0 files wait'}],
    })
  })

  test('has its way back and its timer before it acts', async () => {
    const seen = join(host.path, 'seen')
    wrap('systemd-run', `cat ${host.state('fault/f-1.json')} ${command} >${seen}; exec "$0.real" "$@"`)
    await helper.done('fault', faultArgs())
    const [record, ...rest] = host.read(seen).split('\n')
    expect(JSON.parse(record!)).toMatchObject({kind: 'hang-archiver', phase: 'begun', undo: {command}})
    expect(rest.join('\n')).toBe(archiver)
    expect(onDisk()).toMatchObject({phase: 'in force'})
  })

  test('is lifted by the host itself when its time has come, though its helper is gone', async () => {
    await helper.done('fault', faultArgs({expiresSeconds: 1}))
    helper.process.kill('SIGKILL')
    helper = await host.helper()
    await untilLifted()
    expect(await faults()).toMatchObject({lifted: [{by: 'its timer', measured: 'archive_command ends'}]})
    expect(host.read(command)).toBe(archiver)
  })

  test('is not made without a timer', async () => {
    writeFileSync(join(host.path, 'systemd-run-fails'), '')
    expect(await helper.refusal('fault', faultArgs())).toBe('FAULT_NO_TIMER')
    expect(host.read(command)).toBe(archiver)
    expect(readdirSync(host.state('fault'))).toEqual([])
  })

  test('put in force twice is one fault, and its timer stays as it was', async () => {
    await helper.done('fault', faultArgs())
    const before = host.read(host.state('fault/f-1.json'))
    expect(await helper.done('fault', faultArgs({expiresSeconds: 1}))).toMatchObject({already: true})
    expect(host.read(host.state('fault/f-1.json'))).toBe(before)
  })

  test('once lifted is not brought back by a request that comes late', async () => {
    await helper.done('fault', faultArgs())
    await lift()
    expect(await helper.call('fault', faultArgs())).toMatchObject({
      error: {code: 'FAULT_LIFTED', message: expect.stringContaining('operation op-1')},
    })
    expect(hangs()).toBe(false)
    expect(await lift()).toMatchObject({gone: true, by: 'operation op-1'})
  })

  test('nobody knows is gone, and stays so for a request that is still on its way', async () => {
    expect(await lift()).toMatchObject({gone: true, known: false})
    expect(await helper.refusal('fault', faultArgs())).toBe('FAULT_LIFTED')
    expect(hangs()).toBe(false)
    expect(await faults()).toMatchObject({faults: [], lifted: [{fault: 'f-1', by: 'operation op-1'}]})
  })

  test('is known by its id alone: another one of that id is refused', async () => {
    await helper.done('fault', faultArgs())
    expect(await helper.refusal('fault', faultArgs({kind: 'cut'}))).toBe('FAULT_ID_USED')
    expect(await helper.refusal('fault', faultArgs({target: 'second'}))).toBe('FAULT_ID_USED')
    expect(await helper.refusal('lift', {target: 'second', operation: 'op-1', fault: 'f-1'})).toBe(
      'FAULT_ID_USED',
    )
  })

  test('is not made a second time under another id', async () => {
    await helper.done('fault', faultArgs())
    expect(await helper.refusal('fault', faultArgs({fault: 'f-2'}))).toBe('FAULT_IN_FORCE')
    await lift()
    await helper.done('fault', faultArgs({fault: 'f-2'}))
    expect(hangs()).toBe(true)
  })

  test.each([
    {name: 'with an old token', code: 'TOKEN_OLD', change: {token: 1}},
    {name: 'with a token that was never raised', code: 'TOKEN_NOT_RAISED', change: {token: 9}},
    {name: 'after its time', code: 'NOT_AFTER_PASSED', change: {token: 2, operation: 'op-2', notAfter: 1}},
    {name: 'of no kind', code: 'BAD_REQUEST', change: {token: 2, operation: 'op-2', kind: 'melt'}},
    {name: 'of a host without that database', code: 'UNKNOWN_TARGET', change: {target: 'fourth'}},
    {
      name: 'that never ends',
      code: 'BAD_REQUEST',
      change: {token: 2, operation: 'op-2', expiresSeconds: 1e9},
    },
    {name: 'under a path', code: 'BAD_REQUEST', change: {token: 2, operation: 'op-2', fault: '../lock/main'}},
    {
      name: 'from somebody, and no cut',
      code: 'BAD_REQUEST',
      change: {token: 2, operation: 'op-2', from: ['db2']},
    },
    {name: 'of no archiver', code: 'FAULT_NO_ARCHIVER', change: {target: 'second'}},
    {name: 'of no server', code: 'FAULT_NOT_RUNNING', change: {token: 2, operation: 'op-2', kind: 'freeze'}},
    {
      name: 'of a shared disk',
      code: 'FAULT_DISK_SHARED',
      change: {token: 2, operation: 'op-2', kind: 'disk-full'},
    },
  ])('$name is refused with $code, and nothing is touched', async ({code, change}) => {
    await helper.done('raise', {target: 'main', token: 2, operation: 'op-2'})
    expect(await helper.refusal('fault', faultArgs(change))).toBe(code)
    expect(host.read(command)).toBe(archiver)
    expect(readdirSync(host.state('')).includes('fault') ? readdirSync(host.state('fault')) : []).toEqual([])
    expect(readdirSync(join(host.path, 'units')).filter((name) => name.startsWith('pp-fault'))).toEqual([])
  })
})

describe('lifting', () => {
  test('needs no token, so that it works after the lock is lost; with one it is the holder’s alone', async () => {
    await helper.done('fault', faultArgs())
    await helper.done('raise', {target: 'main', token: 2, operation: 'op-2'})
    expect(await helper.refusal('lift', act({fault: 'f-1'}))).toBe('TOKEN_OLD')
    expect(hangs()).toBe(true)
    expect(await lift({operation: 'somebody'})).toMatchObject({gone: true, by: 'operation somebody'})
  })

  test('does not wait for an act that may be waiting for it', async () => {
    await helper.done('fault', faultArgs())
    const go = join(host.path, 'go')
    wrap('systemctl', `while [ ! -e ${go} ]; do sleep 0.05; done; exec "$0.real" "$@"`)
    let hasEnded = false
    const acting = (await host.helper()).call('mask', act()).then(() => (hasEnded = true))
    await sleep(300)
    unwrap('systemctl')
    renameSync(join(host.bin, 'systemctl'), join(host.bin, 'systemctl.real'))
    writeFileSync(join(host.bin, 'systemctl'), '#!/bin/sh\nexec "$0.real" "$@"\n', {mode: 0o755})
    expect(await lift()).toMatchObject({gone: true})
    expect(hasEnded).toBe(false)
    writeFileSync(go, '')
    await acting
  })

  test('leaves what a playbook has put in its place meanwhile', async () => {
    await helper.done('fault', faultArgs())
    writeFileSync(`${command}.new`, `${archiver}# newer\n`, {mode: 0o755})
    renameSync(`${command}.new`, command)
    expect(await faults()).toMatchObject({
      faults: [{holds: false, measured: 'archive_command ends, 0 files wait'}],
    })
    expect(await lift()).toMatchObject({gone: true})
    expect(host.read(command)).toBe(`${archiver}# newer\n`)
    expect(existsSync(`${command}.pp-held`)).toBe(false)
  })

  test('is written down beside the fault in the operation’s own records', async () => {
    await helper.done('fault', faultArgs())
    await lift({operation: 'op-9'})
    const {host: records} = await helper.done('journal-read', {target: 'main', operation: 'op-1'})
    expect(records).toMatchObject([
      {verb: 'fault', phase: 'intent', fault: 'f-1', kind: 'hang-archiver'},
      {verb: 'fault', phase: 'done', fault: 'f-1'},
      {verb: 'lift', phase: 'done', fault: 'f-1', by: 'operation op-9'},
    ])
  })
})

describe('what is interrupted by kill -9', () => {
  test('before its timer has broken nothing, and goes on when it is asked again', async () => {
    wrap('systemd-run', 'kill -KILL $PPID')
    void helper.call('fault', faultArgs())
    await helper.exited
    unwrap('systemd-run')
    helper = await host.helper()
    expect(onDisk()).toMatchObject({phase: 'begun'})
    expect(host.read(command)).toBe(archiver)
    expect(await faults()).toMatchObject({faults: [{fault: 'f-1', holds: false}]})
    expect(await helper.done('fault', faultArgs({expiresSeconds: 600}))).toMatchObject({already: false})
    expect(hangs()).toBe(true)
  })

  test('between its timer and its act is lifted at its time, and was never in force', async () => {
    wrap('systemd-run', '"$0.real" "$@"; kill -KILL $PPID')
    void helper.call('fault', faultArgs({expiresSeconds: 1}))
    await helper.exited
    helper = await host.helper()
    await untilLifted()
    expect(host.read(command)).toBe(archiver)
    expect(await faults()).toMatchObject({lifted: [{by: 'its timer', inForce: null}]})
  })

  test('between its timer and its act can be lifted by hand', async () => {
    wrap('systemd-run', '"$0.real" "$@"; kill -KILL $PPID')
    void helper.call('fault', faultArgs())
    await helper.exited
    helper = await host.helper()
    expect(await lift()).toMatchObject({gone: true, known: true})
  })
})

describe('after a boot of the host', () => {
  const bootUnit = () => host.run('lift-left-over')

  test('what was left is lifted before anything else runs, and was no other fault’s', async () => {
    await helper.done('fault', faultArgs())
    await helper.end()
    host.reboot()
    expect(hangs()).toBe(true)
    expect(bootUnit()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('gone: archive_command ends'),
    })
    expect(host.read(command)).toBe(archiver)
    helper = await host.helper()
    expect(await faults()).toMatchObject({faults: [], lifted: [{by: 'the boot of the host'}]})
    expect(await helper.refusal('fault', faultArgs())).toBe('FAULT_LIFTED')
  })

  test('a fault of this boot stays', async () => {
    await helper.done('fault', faultArgs())
    expect(bootUnit()).toMatchObject({status: 0})
    expect(hangs()).toBe(true)
  })

  test('a fault is shown as not in force and can be lifted, where the boot has not done it', async () => {
    await helper.done('fault', faultArgs())
    await helper.end()
    host.reboot()
    helper = await host.helper()
    expect(await faults()).toMatchObject({faults: [{holds: false, expiresInSeconds: null}]})
    expect(await helper.refusal('fault', faultArgs())).toBe('FAULT_LIFTED')
    expect(await lift()).toMatchObject({gone: true})
    expect(host.read(command)).toBe(archiver)
  })

  test('a record that cannot be read is complained about, and the others are lifted', async () => {
    await helper.done('fault', faultArgs())
    await helper.end()
    host.reboot()
    writeFileSync(host.state('fault/f-0.json'), '{"torn')
    expect(bootUnit()).toMatchObject({status: 1, stderr: expect.stringContaining('f-0.json')})
    expect(host.read(command)).toBe(archiver)
  })
})

describe('a damaged record', () => {
  test('is an error, never no fault, and does not hide the others', async () => {
    await helper.done('fault', faultArgs())
    chmodSync(host.state('fault'), 0o700)
    for (const garbage of [
      '',
      '{}',
      'null',
      readFileSync(host.state('fault/f-1.json'), 'utf8').slice(0, 90),
    ]) {
      writeFileSync(host.state('fault/f-0.json'), garbage)
      const answer: Answer = await helper.call('faults', {})
      expect(answer).toMatchObject({
        ok: false,
        error: {code: 'STATE_TORN', details: {partial: {faults: [{fault: 'f-1', holds: true}]}}},
      })
      expect(await helper.refusal('lift', {target: 'main', operation: 'op-1', fault: 'f-0'})).toBe(
        'STATE_TORN',
      )
    }
    expect(await helper.refusal('fault', faultArgs({fault: 'f-2'}))).toBe('STATE_TORN')
  })
})

describe('a fault whose proof is what a stand-in for nft says', () => {
  const nft = (script: string) => {
    writeFileSync(join(host.bin, 'nft'), `#!/bin/sh\ncd ${host.path}\n${script}\n`, {mode: 0o755})
  }
  const keepsTables = `case "$1 $2" in
'list tables') ;;
'list table') test -e "table-$4" ;;
'delete table') rm -f "table-$4" ;;
*) touch "table-$(sed -n 's/^table inet \\(.*\\) {$/\\1/p')" ;;
esac`
  const cut = (changes: object = {}) => faultArgs({kind: 'cut', ...changes})

  test('is taken back when it cannot be proved, and its id is used', async () => {
    nft('[ "$*" = "list tables" ] || [ "$1" = -f ]')
    expect(await helper.call('fault', cut())).toMatchObject({
      error: {
        code: 'FAULT_FAILED',
        message: 'It was done, and yet: no rule is there. It was taken back: no rule left.',
      },
    })
    expect(await faults()).toMatchObject({faults: [], lifted: [{fault: 'f-1', inForce: null}]})
    expect(await helper.refusal('fault', cut())).toBe('FAULT_LIFTED')
  })

  test('is left to its timer when it can be neither made nor taken back', async () => {
    nft('[ "$1" = list ]')
    expect(await helper.refusal('fault', cut({expiresSeconds: 2}))).toBe('FAULT_INCOMPLETE')
    expect(await faults()).toMatchObject({faults: [{fault: 'f-1'}], lifted: []})
    nft(keepsTables)
    await untilLifted()
  })

  test('may be in force several times', async () => {
    nft(keepsTables)
    await helper.done('fault', cut())
    await helper.done('fault', cut({fault: 'f-2'}))
    await lift()
    expect(await faults()).toMatchObject({faults: [{fault: 'f-2', holds: true}]})
  })

  test('is kept for a while after it was lifted, and not for ever', async () => {
    nft(keepsTables)
    for (let number = 0; number < 23; number++) {
      await helper.done('fault', cut({fault: `n-${number}`}))
      await lift({fault: `n-${number}`})
    }
    const kept = (await faults()).lifted.map(({fault}) => fault)
    expect(kept).toHaveLength(21)
    expect(kept).toContain('n-22')
    expect(kept).not.toContain('n-0')
  })
})
