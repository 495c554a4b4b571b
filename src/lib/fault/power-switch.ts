import type {BreakableHost, Fault, FaultRecord, Proof} from './types.ts'

const seconds = 5

/** The host's power switch says that it is off, and does nothing. */
export const lyingSwitchFault = (host: BreakableHost, record: FaultRecord): Fault => ({
  async apply() {
    await host.setSwitch('lie')
    return record
  },
  undo: () => host.setSwitch(undefined),
  proveInForce: () => prove(host, (said) => said === 'off'),
  proveGone: () => proveTruthful(host),
})

/** The host's power switch takes an order or a question and answers neither. */
export const hangingSwitchFault = (host: BreakableHost, record: FaultRecord): Fault => ({
  async apply() {
    await host.setSwitch('hang')
    return record
  },
  undo: () => host.setSwitch(undefined),
  async proveInForce() {
    const said = await host.askSwitch(1)
    return {holds: said === undefined, measured: said === undefined ? 'no answer in 1 s' : `it says ${said}`}
  },
  proveGone: () => proveTruthful(host),
})

async function prove(host: BreakableHost, holds: (said: string | undefined) => boolean): Promise<Proof> {
  const [said, powered] = await Promise.all([host.askSwitch(seconds), host.isPowered()])
  return {
    holds: holds(said),
    measured: `the switch says ${said ?? 'nothing'}, the host is ${powered ? 'on' : 'off'}`,
  }
}

async function proveTruthful(host: BreakableHost): Promise<Proof> {
  const powered = await host.isPowered()
  return prove(host, (said) => said === (powered ? 'on' : 'off'))
}
