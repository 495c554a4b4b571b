import {setTimeout as sleep} from 'node:timers/promises'

import {allHold} from './on-cluster.ts'
import type {Fault, Proof} from './types.ts'

const readySeconds = 60
const paceMs = 500

/**
 * The API server of a cluster is stopped on each host of its control plane, by the hosts' helpers, which start it again.
 *
 * @param answers what the server says from where pp runs, `ok` where it is ready; undefined: nothing.
 */
export const apiServerDownFault = (
  hosts: readonly Fault<unknown>[],
  answers: () => Promise<string | undefined>,
): Fault<unknown> => ({
  async apply() {
    for (const host of hosts) await host.apply()
  },
  async undo() {
    for (const host of hosts.toReversed()) await host.undo()
    // It listens some seconds before it is ready.
    for (const deadline = performance.now() + readySeconds * 1000; performance.now() < deadline;) {
      if ((await answers()) === 'ok') return
      await sleep(paceMs)
    }
  },
  proveInForce: async () => allHold([...(await proofs(hosts, 'proveInForce')), await prove(answers, false)]),
  proveGone: async () => allHold([...(await proofs(hosts, 'proveGone')), await prove(answers, true)]),
})

const proofs = (
  hosts: readonly Fault<unknown>[],
  proof: 'proveInForce' | 'proveGone',
): Promise<readonly Proof[]> => Promise.all(hosts.map((host) => host[proof]()))

async function prove(answers: () => Promise<string | undefined>, isWanted: boolean): Promise<Proof> {
  const said = await answers()
  return {
    holds: isWanted ? said === 'ok' : said === undefined,
    measured: said === undefined ? 'from here it does not answer' : `from here it answers ${said}`,
  }
}
