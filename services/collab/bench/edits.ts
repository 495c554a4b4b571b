// node services/collab/bench/edits.ts: how long an edit takes to reach the others, with 500 sockets in 50 designs on one instance; with a
// PostgreSQL of its own. The clients are processes of their own, and compete with the service for the same cores.
import {fork, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import {writeSection} from '../../../test/bench/section.ts'
import {showSpread, spreadOf} from '../../../test/bench/statistics.ts'
import {machineLine} from '../../test/machine.ts'
import {makeWorld} from '../test/world.ts'
import type {Orders, Report} from './clients.ts'

const [roomCount, socketsPerRoom, processes] = [50, 10, 2]
const editMs = 500
const seconds = Number(process.env.SECONDS ?? 30)
const goalMs = 100

const world = await makeWorld()
try {
  const {url} = await world.start()
  const rooms = await Promise.all(
    Array.from({length: roomCount}, async (_, index) => {
      const user = `user-${index}`
      return {design: world.design(user), token: await world.tokenOf(user, '1h')}
    }),
  )
  const clients = Array.from({length: processes}, (_, index) => {
    const child = fork(fileURLToPath(new URL('clients.ts', import.meta.url)))
    const own = rooms.filter((_room, room) => room % processes === index)
    child.send({url, rooms: own, socketsPerRoom, editMs, warmUpSeconds: 5, seconds} satisfies Orders)
    return child
  })
  await Promise.all(clients.map(said))
  const reports = clients.map((client) => said(client) as Promise<Report>)
  for (const client of clients) client.send('go')
  const answers = await Promise.all(reports)
  const edits = answers.reduce((sum, report) => sum + report.edits, 0)
  const reached = spreadOf(answers.flatMap(({reachedMs}) => reachedMs))
  const markdown = [
    '### Edits reaching the others',
    '',
    machineLine(),
    '',
    `${roomCount * socketsPerRoom} sockets in ${roomCount} designs on one instance, ${1000 / editMs} edits a second in each, ${seconds} s: ${edits} edits, each to ${socketsPerRoom - 1} others; ${processes} processes of clients on the same machine. Milliseconds, min / **median** / p95 / max.`,
    '',
    '| | ms |',
    '| --- | --- |',
    `| from an edit until it is in somebody else's document | ${showSpread(reached)} |`,
    '',
    `- p95 **${reached.p95.toFixed(0)} ms** (goal ≤ ${goalMs} ms: ${reached.p95 <= goalMs ? 'met' : 'missed'}); every edit came to everybody.`,
  ].join('\n')
  console.log(markdown)
  writeSection('bench:edits', markdown)
} finally {
  await world.end()
}

/** @throws Error when it ends instead. */
async function said(client: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const end = () => ended.abort(new Error('clients ended before they had said what they saw'))
  // Comes after all that it has said, which its exit may not.
  client.once('disconnect', end)
  try {
    const [message] = (await once(client, 'message', ended)) as [unknown]
    return message
  } finally {
    client.off('disconnect', end)
  }
}
