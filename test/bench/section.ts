import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'

import {packageRoot} from '../../src/lib/package-root.ts'

const page = path.join(packageRoot, 'docs/benchmarks.md')
const preface = '# Benchmarks\n\nFilled in by the benchmarks themselves; each names the machine it ran on.\n'

/** Writes one benchmark's part of docs/benchmarks.md; the rest of the page stays as it is. */
export function writeSection(name: string, markdown: string): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : preface
  writeFileSync(page, replaceSection(before, name, markdown))
}

/** Replaces what stands between the two marks of a section, or adds the section at the end. */
export function replaceSection(text: string, name: string, markdown: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const section = `${open}\n\n${markdown.trim()}\n\n${close}`
  const [start, end] = [text.indexOf(open), text.indexOf(close)]
  if (start === -1 || end < start) return `${text.trimEnd()}\n\n${section}\n`
  return text.slice(0, start) + section + text.slice(end + close.length)
}
