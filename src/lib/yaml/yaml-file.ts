import {readFileSync} from 'node:fs'
import {isMap, isNode, isScalar, LineCounter, parseDocument, type Document} from 'yaml'

export type KeyPath = readonly (string | number)[]

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A mistake in a file, at its place. */
export interface Issue {
  /** A place in a file, or the name of another source such as `variable PP_LEASE_SECONDS`. */
  readonly place: Place | string
  readonly message: string
}

/** A YAML file whose values know where they were written. */
export interface YamlFile {
  readonly file: string
  readonly value: unknown
  /** Syntax errors; `value` is what could be read all the same. */
  readonly issues: readonly Issue[]
  /** Place of a key; of the nearest key above it when it is not in the file. */
  readonly placeOf: (path: KeyPath) => Place
  readonly has: (path: KeyPath) => boolean
}

/** @throws the system's error when the file cannot be read. */
export function readYamlFile(file: string): YamlFile {
  return parseYamlFile(file, readFileSync(file, 'utf8'))
}

export function parseYamlFile(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const at = (offset: number): Place => {
    const {line, col} = lines.linePos(offset)
    return {file, line: Math.max(line, 1), column: Math.max(col, 1)}
  }
  return {
    file,
    value: document.errors.length === 0 ? (document.toJS() as unknown) : undefined,
    issues: document.errors.map(({pos, message}) => ({place: at(pos[0]), message: firstLine(message)})),
    placeOf: (path) => at(offsetOf(document, path)),
    has: (path) => document.hasIn([...path]),
  }
}

function offsetOf(document: Document, path: KeyPath): number {
  for (let length = path.length; length > 0; length--) {
    const offset = keyOffset(document, path.slice(0, length))
    if (offset !== undefined) return offset
  }
  return 0
}

function keyOffset(document: Document, path: KeyPath): number | undefined {
  const key = path.at(-1)
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined
  }
  const node = document.getIn([...path], true)
  return isNode(node) ? node.range?.[0] : undefined
}

/** `file:line:column`, which editors and terminals make clickable. */
export function showPlace(place: Place | string): string {
  return typeof place === 'string' ? place : `${place.file}:${place.line}:${place.column}`
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '')
}
