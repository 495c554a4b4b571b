import {expect, test} from '@jest/globals'

import type {DrillHostFaultKind} from '../../src/lib/drill/format/types.ts'
import {declaredFaults} from '../../src/lib/fault/declared.ts'
import {hostFaultKinds, type HostFaultKind} from '../../src/lib/fault/types.ts'
import {sourceFiles} from '../source-files.ts'

// The compiler is asked both ways: what a drill's file may name is what there is a fault for.
// An API server is named by its site, and its hosts found.
const ofDrills: Record<DrillHostFaultKind | 'api-server-down', true> = {} as Record<
  HostFaultKind | 'power-off',
  true
>
const ofHosts: Record<HostFaultKind | 'power-off', true> = ofDrills

test('every fault says what it needs, may hit, how it is undone and how that is proved', () => {
  expect(ofHosts).toBe(ofDrills)
  for (const {needs, mayHit, undoneBy, provedBy} of Object.values(declaredFaults))
    for (const words of [needs, mayHit, undoneBy, provedBy.inForce, provedBy.gone])
      expect(words.length).toBeGreaterThan(8)
})

test('every fault but a loss of power ends by itself', () => {
  const lasting = Object.entries(declaredFaults).filter(([, {expiresByItself}]) => !expiresByItself)
  expect(lasting.map(([kind]) => kind)).toEqual(['power-off'])
})

test('the kinds are those that the host helper takes and has a module for', () => {
  const text = (file: string) => sourceFiles(`playbooks/ansible/roles/common/files/pp_host/${file}`)[0]!.text
  const words = (found: string | undefined) =>
    [...(found ?? '').matchAll(/'([a-z-]+)'(?=[,):])/g)].map(([, word]) => word)
  expect(words(/^FAULT_KINDS = .*$/m.exec(text('requests.py'))?.[0])).toEqual(hostFaultKinds)
  expect(words(/^KINDS = \{[^}]*/m.exec(text('fault_kinds.py'))?.[0])).toEqual(hostFaultKinds)
  expect(Object.keys(declaredFaults).sort()).toEqual([...hostFaultKinds, 'power-off'].sort())
})

test('the page about the host helper has them all in the same words', () => {
  const [, page = ''] = sourceFiles('docs/host-helper.md')[0]!.text.split('## Faults')
  for (const [kind, {needs, mayHit, undoneBy, provedBy}] of Object.entries(declaredFaults)) {
    const cells = [kind, needs, mayHit, undoneBy, provedBy.inForce, provedBy.gone]
    const row = page.split('\n').find((line) => line.startsWith(`| \`${kind}\``)) ?? ''
    expect(
      row
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', ''))
        .slice(1, 7),
    ).toEqual(cells)
  }
})
