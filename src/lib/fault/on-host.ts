import {HelperLost} from '../drivers/helper/errors.ts'
import type {Helper} from '../drivers/helper/types.ts'
import type {VerbResult} from '../drivers/helper/verbs.ts'
import type {SshLook} from '../drivers/ssh/look.ts'
import type {Fault, HostFaultKind, Proof} from './types.ts'

/** A fault that a host's helper puts in force; enough to take it back from any machine. */
export interface HostFaultRecord {
  readonly kind: HostFaultKind
  readonly host: string
  /** Database that the host belongs to. */
  readonly target: string
  /** Names it on the host, for ever. */
  readonly id: string
  /** cut: addresses that the host no longer reaches; empty for everybody. */
  readonly from: readonly string[]
  /** The host itself lifts it after so long, though `pp` is gone and the host cut off. */
  readonly expiresSeconds: number
}

export interface HostFaultContext {
  /** For whom it is written down. */
  readonly operation: string
  /** Of the lock. Undefined where it is lost, or need not be ours: then a fault can be lifted and looked at only. */
  readonly token: number | undefined
  /** What the lock is of. */
  readonly lock: string
  /** An order that is longer on its way is refused by the host. */
  readonly orderSeconds: number
  /** Whether SSH of the host answers from here: of one that is cut off nothing else can be seen. */
  readonly look: () => Promise<SshLook>
}

/** The slowest fault fills a disk within two minutes. */
const breakSeconds = 150
/** Longer than a server is waited for when it is started again. */
const liftSeconds = 45
const lookSeconds = 20
/** What is cut off takes its answer with it. */
const cutSeconds = 5

/**
 * A fault that the host's helper makes, proves and lifts. The helper may be another one each time: that of a host which was
 * cut off does not come back.
 */
export function hostFault(
  helper: Helper,
  record: HostFaultRecord,
  context: HostFaultContext,
): Fault<HostFaultRecord> {
  const {operation, token, lock, orderSeconds} = context
  const {target, id: fault, kind, from, expiresSeconds} = record
  return {
    async apply() {
      if (token === undefined) throw new Error('a fault is put in force under a lock only')
      const mandate = {target, token, lock, operation, notAfter: helper.notAfter(orderSeconds)}
      const timeoutSeconds = kind === 'cut' ? cutSeconds : breakSeconds
      try {
        await helper.call('fault', {...mandate, fault, kind, from, expiresSeconds}, {timeoutSeconds})
      } catch (error) {
        if (!isCutOff(record, error)) throw error
      }
      return record
    },
    async undo() {
      const mandate = token === undefined ? {} : {token, lock, notAfter: helper.notAfter(orderSeconds)}
      await helper.call('lift', {target, operation, fault, ...mandate}, {timeoutSeconds: liftSeconds})
    },
    async proveInForce() {
      try {
        return inForce(record, await faultsOf(helper, record))
      } catch (error) {
        if (!isCutOff(record, error)) throw error
        const {answer, said} = await context.look()
        return {holds: answer === 'silent', measured: said}
      }
    },
    async proveGone() {
      return gone(record, await faultsOf(helper, record))
    },
  }
}

/** The helper may be behind the cut that it has made. */
const isCutOff = ({kind}: HostFaultRecord, error: unknown): boolean =>
  kind === 'cut' && error instanceof HelperLost && error.mayHaveRun

const faultsOf = (helper: Helper, {target, kind}: HostFaultRecord): Promise<VerbResult['faults']> =>
  helper.call('faults', {target}, {timeoutSeconds: kind === 'cut' ? cutSeconds : lookSeconds})

function inForce({id}: HostFaultRecord, {faults, lifted}: VerbResult['faults']): Proof {
  const found = faults.find(({fault}) => fault === id)
  if (found) return {holds: found.holds, measured: found.measured ?? 'nothing was measured'}
  const before = lifted.find(({fault}) => fault === id)
  return {holds: false, measured: before ? `lifted by ${before.by}: ${before.measured}` : 'not known there'}
}

/** As it was measured when it was lifted: what is out of order since then is out of order for another reason. */
function gone({id}: HostFaultRecord, {faults, lifted}: VerbResult['faults']): Proof {
  const found = faults.find(({fault}) => fault === id)
  if (found) return {holds: false, measured: found.measured ?? 'it is on record there'}
  const before = lifted.find(({fault}) => fault === id)
  return {holds: true, measured: before?.measured ?? 'not known there'}
}
