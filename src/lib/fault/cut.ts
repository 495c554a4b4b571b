import type {BreakableHost, Fault, FaultRecord, Proof} from './types.ts'

/** Name of the cut's rules; two cuts of one host are two sets of rules. */
export const cutName = ({host, from, oneWay}: FaultRecord): string =>
  ['cut', host, ...(from.length > 0 ? ['from', ...from] : []), ...(oneWay ? ['one_way'] : [])].join('_')

/** The host's cable is cut, towards everybody or some, both ways or one; connections that exist fall silent too. */
export const cutFault = (host: BreakableHost, record: FaultRecord): Fault => ({
  async apply() {
    await host.block(cutName(record), record.from, record.oneWay)
    return record
  },
  undo: () => host.unblock(cutName(record)),
  proveInForce: () => proveCut(host, record),
  async proveGone() {
    const frames = await host.blockedFrames(cutName(record))
    return {
      holds: frames === undefined,
      measured: frames === undefined ? 'no rule left' : 'its rules are there',
    }
  },
})

/** Sends a packet that must stay without an answer, and says what the rules dropped: nothing where the peer is off. */
async function proveCut(host: BreakableHost, record: FaultRecord): Promise<Proof> {
  const before = await host.blockedFrames(cutName(record))
  if (before === undefined) return {holds: false, measured: 'no rule is there'}
  // Without power nothing is sent that could be dropped: the rules alone must do.
  if (!(await host.isPowered())) return {holds: true, measured: 'rules are there, the host is off'}
  const peer = host.addressOf(record.from[0])
  const ping = await host.run(['ping', '-n', '-c', '1', '-W', '0.3', peer], 3)
  const after = (await host.blockedFrames(cutName(record))) ?? 0
  const answered = ping.status === 0
  return {
    holds: !answered,
    measured: `${after - before} frames to ${peer} dropped, ${answered ? 'an answer came' : 'no answer'}`,
  }
}
