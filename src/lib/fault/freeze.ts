import type {BreakableHost, Fault, FaultRecord} from './types.ts'

/** Every process stands still, as on a host that hangs; its kernel still answers, so connections stay open. */
export const freezeFault = (host: BreakableHost, record: FaultRecord): Fault => ({
  async apply() {
    await host.setFrozen(true)
    return record
  },
  async undo() {
    await host.setFrozen(false)
  },
  async proveInForce() {
    const frozen = await host.isFrozen()
    return {holds: frozen, measured: frozen ? 'the kernel says: frozen' : 'the kernel says: running'}
  },
  async proveGone() {
    const frozen = await host.isFrozen()
    return {holds: !frozen, measured: frozen ? 'the kernel says: frozen' : 'the kernel says: running'}
  },
})
