import {createHmac, randomBytes} from 'node:crypto'
import {describe, expect, test} from '@jest/globals'
import fc from 'fast-check'
import {judgeHostKey, trustFor} from '../../../src/lib/drivers/ssh/host-key.ts'
import {concerns, lookupNames, parseKnownHosts} from '../../../src/lib/drivers/ssh/known-hosts.ts'

const key = (text: string): string => Buffer.from(text).toString('base64')
const trust = (text: string, hostname = 'db1', port = 22, alias?: string): ReturnType<typeof trustFor> =>
  trustFor(parseKnownHosts(text, 'known_hosts'), {hostname, port, alias})
const verdict = (text: string, seen: string, hostname?: string, port?: number): string =>
  judgeHostKey(trust(text, hostname, port), Buffer.from(seen)).kind

const hashed = (name: string): string => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

describe('a host key is', () => {
  test.each([
    {name: 'trusted when it is the one of a plain line', line: `db1 ssh-ed25519 ${key('A')}`, is: 'trusted'},
    {
      name: 'trusted when it is the one of a hashed line',
      line: `${hashed('db1')} ssh-ed25519 ${key('A')}`,
      is: 'trusted',
    },
    {name: 'trusted when a pattern fits', line: `db?,!db9 ssh-ed25519 ${key('A')}`, is: 'trusted'},
    {
      name: 'trusted when one of two keys fits',
      line: `db1 ssh-rsa ${key('B')}\ndb1 ssh-ed25519 ${key('A')}`,
      is: 'trusted',
    },
    {name: 'unknown without a line', line: '', is: 'unknown'},
    {name: 'unknown when the pattern is negated', line: `*,!db1 ssh-ed25519 ${key('A')}`, is: 'unknown'},
    {name: 'unknown when only another host has it', line: `db11 ssh-ed25519 ${key('A')}`, is: 'unknown'},
    {name: 'unknown when the line is for a port', line: `[db1]:2222 ssh-ed25519 ${key('A')}`, is: 'unknown'},
    {
      name: 'unknown when only an authority signs for it',
      line: `@cert-authority * ssh-ed25519 ${key('A')}`,
      is: 'unknown',
    },
    {name: 'unknown when the line cannot be read', line: 'db1 ssh-ed25519', is: 'unknown'},
    {name: 'changed when another one is known', line: `db1 ssh-ed25519 ${key('B')}`, is: 'changed'},
    {
      name: 'revoked, however well it is known',
      line: `db1 ssh-ed25519 ${key('A')}\n@revoked * ssh-ed25519 ${key('A')}`,
      is: 'revoked',
    },
  ])('$name', ({line, is}) => {
    expect(verdict(line, 'A')).toBe(is)
  })

  test('looked up by name and port first, then by the bare name', () => {
    const text = `[db1]:2222 ssh-ed25519 ${key('A')}\ndb1 ssh-ed25519 ${key('B')}`
    expect(verdict(text, 'A', 'db1', 2222)).toBe('trusted')
    expect(verdict(text, 'B', 'db1', 2222)).toBe('changed')
    expect(verdict(text, 'B', 'db1', 2223)).toBe('trusted')
  })

  test('looked up by HostKeyAlias alone, without the port', () => {
    expect(lookupNames('127.0.0.1', 2222, 'DB1')).toEqual(['db1'])
  })
})

test('only algorithms of the known keys are offered, never SHA-1 ones', () => {
  expect(trust(`db1 ssh-rsa ${key('A')}`).algorithms).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
  expect(trust(`db1 sk-ssh-ed25519@openssh.com ${key('A')}`).algorithms).toEqual([])
})

test('no file content makes a host known by a name that no line has', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const lines = parseKnownHosts(text, 'known_hosts')
      return lines.every(
        (line) => line.names.includes('*') || line.names.includes('?') || !concerns(line, 'db1.never'),
      )
    }),
  )
})
