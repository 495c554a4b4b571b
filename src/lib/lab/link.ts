import type {Fault, Proof} from '../fault/types.ts'
import {cutCable, droppedFrames, dropTable, mendCable, type Rules} from './cable.ts'
import {runInside} from './inside.ts'
import {siteLink, switchNamespace} from './names.ts'
import {isLinkUp, plugLink, pullLink} from './network.ts'
import {isPowered} from './power.ts'
import type {Site} from './sites.ts'
import type {HostRecord, LabRecord, SiteFault} from './state.ts'

export type LinkFault = Extract<SiteFault, {kind: 'link'}>

/** The link between the sites: cut, both routers know and say so; a blackhole takes packets and tells nobody. */
export const linkFault = (record: LabRecord, fault: LinkFault): Fault<LinkFault> => ({
  async apply() {
    if (fault.how === 'cut') await pullLink(record.name)
    else await cutCable(rulesOf(record), blackhole(fault.oneWay))
    return fault
  },
  async undo() {
    await mendCable(rulesOf(record))
    await plugLink(record.name, record.subnetIndex ?? 0)
  },
  proveInForce: () => (fault.how === 'cut' ? proveCut(record) : proveBlackhole(record, fault.oneWay)),
  proveGone: () => proveWhole(record),
})

/** In the rack's router, where all that crosses the link goes through. */
const rulesOf = ({name}: LabRecord): Rules => ({
  space: switchNamespace(name, 'rack'),
  family: 'ip',
  table: 'pp_link',
})

/** One way, what the rack sends is lost and what it is sent arrives. */
const blackhole = (oneWay: boolean): string =>
  dropTable('ip', 'pp_link', [`oifname "${siteLink}"`, ...(oneWay ? [] : [`iifname "${siteLink}"`])])

async function proveCut(record: LabRecord): Promise<Proof> {
  if (await isLinkUp(record.name)) return {holds: false, measured: 'the routers have a way over it'}
  const answer = await pingOver(record, 'rack')
  return {
    holds: answer !== 'answered',
    measured: `no router has a way over it, ${said(answer)}`,
  }
}

/** One way it is asked from the other side: a packet dropped is then the answer, so that the question has arrived. */
async function proveBlackhole(record: LabRecord, oneWay: boolean): Promise<Proof> {
  const before = await droppedFrames(rulesOf(record))
  if (before === undefined) return {holds: false, measured: 'no rule is there'}
  const answer = await pingOver(record, oneWay ? 'aws' : 'rack')
  const dropped = ((await droppedFrames(rulesOf(record))) ?? 0) - before
  return {
    holds: answer === 'silent' ? dropped > 0 : answer === 'nobody',
    measured: `${dropped} packets dropped${oneWay ? ' on the way back' : ''}, ${said(answer)}`,
  }
}

async function proveWhole(record: LabRecord): Promise<Proof> {
  const [isUp, dropped] = [await isLinkUp(record.name), await droppedFrames(rulesOf(record))]
  const answer = isUp && dropped === undefined ? await pingOver(record, 'rack') : 'silent'
  return {
    holds: isUp && dropped === undefined && (answer === 'answered' || answer === 'nobody'),
    measured: `${isUp ? 'the routers have a way over it' : 'it is down'}, ${dropped === undefined ? 'no rule left' : 'its rules are there'}, ${said(answer)}`,
  }
}

/** `nobody`: no host is on that could ask or answer. */
type Answer = 'answered' | 'silent' | 'unreachable' | 'nobody'

const said = (answer: Answer): string =>
  ({
    answered: 'an answer came',
    silent: 'no answer',
    unreachable: 'who asks is told that the other site is unreachable',
    nobody: 'and no host is on that could ask',
  })[answer]

async function pingOver(record: LabRecord, from: Site): Promise<Answer> {
  const [asking, asked] = await Promise.all([
    hostOn(record, from),
    hostOn(record, from === 'rack' ? 'aws' : 'rack'),
  ])
  if (!asking || !asked) return 'nobody'
  const {status, stdout} = await runInside(asking, ['ping', '-n', '-c', '1', '-W', '1', asked.ip], {
    timeoutSeconds: 5,
  })
  if (status === 0) return 'answered'
  return /unreachable/i.test(stdout) ? 'unreachable' : 'silent'
}

/** A host of the site that runs, and that nothing else keeps from answering. */
async function hostOn({hosts, faults}: LabRecord, site: Site): Promise<HostRecord | undefined> {
  for (const host of hosts)
    if (host.site === site && !faults.some((fault) => fault.host === host.name) && (await isPowered(host)))
      return host
  return undefined
}
