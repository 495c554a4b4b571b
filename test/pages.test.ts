import {expect, test} from '@jest/globals'
import {existsSync} from 'node:fs'
import path from 'node:path'

import {conditions} from '../src/lib/database/failover/conditions.ts'
import {exitCodes, signalExitCodes} from '../src/lib/outcome.ts'
import {packageRoot} from '../src/lib/package-root.ts'
import {sourceFiles} from './source-files.ts'

const pages = sourceFiles('*.md', 'docs/**/*.md', 'services/*.md', 'services/*/*.md')

/** Anchors as the usual renderers make them from headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase())
  return new Set(headings.map((heading) => heading.replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-')))
}

test('every link of a page leads somewhere', () => {
  const textOf = new Map(pages.map(({file, text}) => [path.normalize(file), text]))
  const dead = pages.flatMap(({file, text}) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [to = '', anchor] = link.split('#')
        const target = to === '' ? path.normalize(file) : path.join(path.dirname(file), to)
        if (!existsSync(path.join(packageRoot, target))) return true
        return anchor !== undefined && !anchorsOf(textOf.get(target) ?? '').has(anchor)
      })
      .map((link) => `${file}: ${link}`),
  )
  expect(dead).toEqual([])
})

test('every condition of a primary has a runbook, and the decision table leads to it', () => {
  const table = pages.find(({file}) => file === 'docs/lost-primary.md')?.text ?? ''
  for (const [condition, {page}] of Object.entries(conditions)) {
    expect(existsSync(path.join(packageRoot, page))).toBe(true)
    expect(table).toContain(`[\`${condition}\`](${path.relative('docs', page)})`)
  }
})

test('the page about operations has every outcome with its exit code', () => {
  const page = pages.find(({file}) => file === 'docs/operations.md')?.text ?? ''
  const rows = [...page.matchAll(/^\| ([\d, ]+?) +\| ([a-z-]+) +\|/gm)].flatMap(([, codes, outcome]) =>
    codes!.split(', ').map((code) => [outcome, Number(code)]),
  )
  const signals = Object.values(signalExitCodes).map((code) => ['undone', code])
  expect(rows).toEqual([...Object.entries(exitCodes), ...signals])
})

test('every package has its reason', () => {
  const page = pages.find(({file}) => file === 'docs/dependencies.md')?.text ?? ''
  const text = sourceFiles('package.json')[0]?.text ?? ''
  const declared = JSON.parse(text) as Record<string, Record<string, string>>
  const names = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(declared[kind] ?? {}),
  )
  const cells = new Set([...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, cell]) => cell!.split(', ')))
  expect(names.filter((name) => !cells.has(name))).toEqual([])
})
