// A loss of power through a program that stands in for a site's switch; who hears of the host is played here.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {HostPower} from '../../src/lib/drivers/power/power.ts'
import type {SshLook} from '../../src/lib/drivers/ssh/look.ts'
import {powerSwitchFault} from '../../src/lib/fault/by-power-switch.ts'

let folder: string
let heard: SshLook['answer']

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pp-switch-test-'))
  const program = `#!/bin/sh
cd ${folder}
case $2 in
status) cat state ;;
*) [ -e lies ] || echo "$2" >state; echo "$1 $2" >>asked; echo "$2" ;;
esac
`
  writeFileSync(join(folder, 'switch'), program)
  chmodSync(join(folder, 'switch'), 0o755)
  writeFileSync(join(folder, 'state'), 'on\n')
  heard = 'answers'
})

afterEach(() => {
  rmSync(folder, {recursive: true})
})

function fault() {
  const command = (verb: string) => [join(folder, 'switch'), '{host}', verb]
  const host = {name: 'db1', address: 'db1', port: undefined, site: 'rack', groups: []}
  const power = new HostPower(
    {off: command('off'), on: command('on'), status: command('status')},
    host,
    undefined,
  )
  const look = () => Promise.resolve({answer: heard, said: `SSH ${heard}`})
  return powerSwitchFault(power, {kind: 'power-off', host: 'db1'}, {look, bootSeconds: 1})
}

const asked = () => (existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8') : '')

describe('power taken away by its switch', () => {
  test('is in force when the switch says off and the host is silent, and gone when SSH answers again', async () => {
    expect(await fault().proveGone()).toEqual({holds: true, measured: 'the switch says on, SSH answers'})
    await fault().apply()
    heard = 'silent'
    expect(await fault().proveInForce()).toEqual({holds: true, measured: 'the switch says off, SSH silent'})
    expect(await fault().proveGone()).toMatchObject({holds: false})
    heard = 'answers'
    await fault().undo()
    expect(await fault().proveGone()).toMatchObject({holds: true})
    expect(asked()).toBe('db1 off\ndb1 on\n')
  })

  test('is asked for once: a host that is off is not switched off again', async () => {
    await fault().apply()
    await fault().apply()
    expect(asked()).toBe('db1 off\n')
  })

  test.each(['answers', 'no-ssh'] as const)(
    'is not in force where the switch says off and the host %s',
    async (answer) => {
      await fault().apply()
      heard = answer
      expect(await fault().proveInForce()).toMatchObject({holds: false})
    },
  )

  test('is not gone while the host boots', async () => {
    await fault().apply()
    heard = 'silent'
    await fault().undo()
    expect(await fault().proveGone()).toEqual({holds: false, measured: 'the switch says on, SSH silent'})
  })

  test('of a switch that says neither is neither', async () => {
    writeFileSync(join(folder, 'state'), 'no idea\n')
    heard = 'silent'
    expect(await fault().proveInForce()).toMatchObject({
      holds: false,
      measured: expect.stringContaining('no idea'),
    })
    heard = 'answers'
    expect(await fault().proveGone()).toMatchObject({holds: false})
  })
})
