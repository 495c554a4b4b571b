import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** A valid drill that has something of everything; tests change it line by line. */
export const validDrill = `apiVersion: pp/v1
title: The primary is lost
why: Clients have to come back.
owner: database on call
environments: [lab, rack]
targets:
  database: main
  hosts: ['{primary}', edge1]
  maxHosts: 2
guards:
  windows:
    rack:
      timeZone: America/New_York
      allowed: [{days: [sat, sun], from: 22:00, to: 02:00}]
      blocked: [{from: 2026-12-24, why: holidays}]
  stop: [{probe: writes, for: 5s}]
steadyState:
  - {name: writes, probe: {marker: {}}, when: [before, during, after], pace: 500ms}
  - name: orders
    probe: {sql: {query: select count(*) from orders, min: 1}}
method:
  - fault: power-off
    host: '{primary}'
  - operation: failover
    with: {from: '{primary}', unplanned: true, max-lag: 1000}
    timeout: 2m
  - wait: writes
    timeout: 30s
  - parallel:
      - {fault: cut, host: edge1, from: [db2], expires: 2m}
      - {wait: 10s}
  - lift: power-off
objectives:
  rto: 30s
  rpo: 0
  services: [{probe: writes, atLeast: 99.5%}]
undo:
  - operation: rejoin
    with: {host: '{primary}'}
evidence: {keep: 7}
notify: {chat: {command: [bin/chat, x], events: [end]}}
`

/** A folder with a fleet file's place and drills beside it. */
export class TemporaryDrills implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'pp-drills-'))
  readonly home = {file: join(this.folder, 'fleet.yaml'), lab: undefined}
  readonly #drills = join(this.folder, 'playbooks/drills')

  constructor() {
    mkdirSync(this.#drills, {recursive: true})
  }

  /** @returns the path of the drill's file. */
  write(name: string, text: string): string {
    const file = join(this.#drills, `${name}.yaml`)
    writeFileSync(file, text)
    return file
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, {recursive: true})
  }
}
