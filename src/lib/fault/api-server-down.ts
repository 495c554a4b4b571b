import {allHold} from './on-cluster.ts'
import type {Fault, Proof} from './types.ts'

/**
 * The API server of a cluster is stopped on each host of its control plane, by the hosts' helpers, which start it again.
 *
 * @param answers what the server says from where pp runs; undefined: nothing.
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
    holds: (said !== undefined) === isWanted,
    measured: said === undefined ? 'from here it does not answer' : `from here it answers ${said}`,
  }
}
