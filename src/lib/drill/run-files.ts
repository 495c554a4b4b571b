import {appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import type {Marker} from '../drivers/prober/types.ts'
import type {Fleet} from '../fleet/types.ts'
import {parsedJson} from '../parsed-json.ts'
import type {Looked} from './looked.ts'
import type {OutsideView} from './outside.ts'

export const drillsFolder = (fleet: Fleet): string => join(fleet.stateFolder, 'drills')

/** A name that no run has yet: `dr-20261126T091205`, with a number behind it where two begin in one second. */
export function newRunName(fleet: Fleet, drill: string, now: Date): string {
  const base = `${drill}-${now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}`
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`
    if (!existsSync(join(drillsFolder(fleet), name))) return name
  }
}

/** What was measured in a run, kept on this machine; times are seconds since its start. */
export class RunFiles {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, {recursive: true, mode: 0o700})
  }

  /** At once: looks of pp itself outlive the process that made them. */
  keepLook(looked: Looked): void {
    appendFileSync(this.#file('looks'), `${JSON.stringify(looked)}\n`, {mode: 0o600})
  }

  keepOutside({markers, looks}: OutsideView): void {
    writeFileSync(this.#file('markers'), linesOf(markers), {mode: 0o600})
    writeFileSync(this.#file('probes'), linesOf(looks), {mode: 0o600})
  }

  read(): OutsideView {
    return {
      markers: this.#read('markers') as Marker[],
      looks: [...this.#read('looks'), ...this.#read('probes')] as Looked[],
    }
  }

  /** Without a line that was torn by a kill. */
  #read(name: string): readonly unknown[] {
    const file = this.#file(name)
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.flatMap((line) => parsedJson(line) ?? [])
  }

  #file(name: string): string {
    return join(this.folder, `${name}.ndjson`)
  }
}

const linesOf = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')
