import {expect, test} from '@jest/globals'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {drillJsonSchema} from '../../src/lib/drill/format/json-schema.ts'
import {loadDrill} from '../../src/lib/drill/format/load.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {TemporaryDrills} from './temporary-drills.ts'

const page = readFileSync(join(packageRoot, 'docs/drills.md'), 'utf8')

test('the example of the page is a valid drill with every kind of probe and act', () => {
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(page) ?? []
  using drills = new TemporaryDrills()
  drills.write('example', example)
  const {steadyState, method} = loadDrill(drills.home, 'example')
  expect(new Set(steadyState.map(({probe}) => probe.type)).size).toBe(7)
  expect(new Set(method.map(({act}) => act))).toEqual(new Set(['parallel', 'operation', 'wait', 'lift']))
})

test('the page has every key of the schema', () => {
  const {properties} = drillJsonSchema() as {properties: Record<string, unknown>}
  // Hooks are described where the fleet file's are.
  const {$schema, notify, ...described} = properties
  expect([$schema, notify]).not.toContain(undefined)
  const missing = [...keysOf({properties: described})].filter(
    (key) => !new RegExp(`\`[^\`]*\\b${key}\\b`).test(page),
  )
  expect(missing).toEqual([])
})

/** Names of properties, and what a property that tells a kind may be. */
function keysOf(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(value as object)) found.add(name)
    if (key === 'const') found.add(String(value))
    keysOf(value, found)
  }
  return found
}
