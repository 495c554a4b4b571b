import {setTimeout as sleep} from 'node:timers/promises'

import type {Api} from './api.ts'
import {until} from './until.ts'

export interface Work {
  readonly saved: {readonly version: number; readonly mark: string}[]
  readonly ordered: string[]
  readonly failed: string[]
}

/** What to ask the database for the scenes of a design: a line `version|mark` each. */
export const savedScenes = (design: string): string =>
  `select version, scene #>> '{layers,0,id}' from projects.versions where design_id = '${design}'`

/** Saves that were acknowledged and that these lines do not have. */
export function lostSaves({saved}: Work, lines: string): Work['saved'] {
  const kept = new Set(lines.split('\n'))
  return saved.filter(({version, mark}) => !kept.has(`${version}|${mark}`))
}

/** Somebody who saves ten times a second, and somebody who orders two pictures a second, until `isOver`. */
export async function work(
  {api}: Api,
  {token, design}: {readonly token: string; readonly design: string},
  isOver: () => boolean,
): Promise<Work> {
  const done: Work = {saved: [], ordered: [], failed: []}
  const tried = async (what: () => Promise<void>) =>
    what().catch((error: unknown) => void done.failed.push(String(error)))
  let version = 1
  const save = async () => {
    const mark = crypto.randomUUID()
    const layer = {id: mark, kind: 'rectangle', x: 0, y: 0, width: 9, height: 9, fill: '#ff0000'}
    const scene = {width: 60, height: 40, layers: [layer]}
    const body = {scene, baseVersion: version}
    version = (await api('PUT', `/designs/${design}/scene`, body, token, mark)).version as number
    done.saved.push({version, mark})
  }
  const order = async () => {
    const body = {designId: design, format: 'png', width: 60}
    done.ordered.push((await api('POST', '/renders', body, token, crypto.randomUUID())).id as string)
  }
  const repeat = async (what: () => Promise<void>, paceMs: number) => {
    while (!isOver()) {
      await tried(what)
      await sleep(paceMs)
    }
  }
  await Promise.all([repeat(save, 100), repeat(order, 500)])
  return done
}

/** Waits until every picture that was ordered is drawn. @throws Error when one is not, in time. */
export async function untilDrawn(
  {api}: Api,
  token: string,
  {ordered}: Pick<Work, 'ordered'>,
  seconds = 120,
): Promise<void> {
  const isDrawn = async (id: string) =>
    (await api('GET', `/renders/${id}`, undefined, token)).state === 'done'
  await until('every picture', async () => (await Promise.all(ordered.map(isDrawn))).every(Boolean), seconds)
}
