import type {BreakableHost, Fault, FaultRecord} from './types.ts'

/** The plug is pulled: no FIN, no RST, no clean-up; peers meet silence. Undone by booting from the same disk. */
export const powerOffFault = (host: BreakableHost, record: FaultRecord): Fault => ({
  async apply() {
    await host.powerOff()
    return record
  },
  async undo() {
    if (!(await host.isPowered())) await host.powerOn()
  },
  async proveInForce() {
    const [powered, answers] = await Promise.all([host.isPowered(), host.answers()])
    const measured = `${powered ? 'processes run' : 'no process'}, ${answers ? 'its address answers' : 'its address is silent'}`
    return {holds: !powered && !answers, measured}
  },
  async proveGone() {
    const [powered, answers] = await Promise.all([host.isPowered(), host.answers()])
    return {
      holds: powered && answers,
      measured: `${powered ? 'systemd runs' : 'no process'}, sshd ${answers ? 'answers' : 'is silent'}`,
    }
  },
})
