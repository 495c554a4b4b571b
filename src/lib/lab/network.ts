import {existsSync} from 'node:fs'
import {runProgram, tryProgram, type Argv} from '../drivers/machine/program.ts'
import {refusal} from '../errors.ts'
import {
  hostNamespace, namespaceFile, operatorPort, routerPort, siteLink, switchNamespace,
} from './names.ts' // prettier-ignore
import {nodeSlots} from './aws/slots.ts'
import {sites, type Site} from './sites.ts'
import type {HostRecord} from './state.ts'
import {freeSubnets, subnetOf, type Subnet} from './subnet.ts'

const ip = (...args: readonly string[]): Promise<string> => runProgram(['ip', ...args])

/**
 * Makes a switch for each site, in a namespace of its own, so that no firewall of this machine acts between the hosts, and
 * joins each to this machine by one link, whose name claims a free subnet. Two sites are joined by one routed link.
 */
export async function makeSwitches(
  lab: string,
  wanted: number | null,
  ofSites: readonly Site[],
): Promise<{index: number; isNew: boolean}> {
  if (wanted !== null && (await areWhole(lab, wanted, ofSites))) return {index: wanted, isNew: false}
  await removeSwitches(lab)
  for (const site of ofSites) await makeSwitch(switchNamespace(lab, site))
  const {index} = await claimSubnet(switchNamespace(lab), wanted)
  for (const site of ofSites) {
    const [space, subnet] = [switchNamespace(lab, site), subnetOf(index, site)]
    if (site !== 'rack') await runProgram(operatorLink(space, subnet))
    await ip('link', 'set', subnet.link, 'alias', `pp lab ${lab}`)
    await ip('addr', 'add', `${subnet.gateway}/24`, 'dev', subnet.link)
    await ip('-n', space, 'link', 'set', operatorPort, 'master', 'switch', 'up')
  }
  if (ofSites.length > 1) await joinSites(lab, index)
  for (const site of ofSites) await ip('link', 'set', subnetOf(index, site).link, 'up')
  return {index, isNew: true}
}

async function makeSwitch(space: string): Promise<void> {
  await ip('netns', 'add', space)
  await ip('-n', space, 'link', 'set', 'lo', 'up')
  await ip('-n', space, 'link', 'add', 'switch', 'type', 'bridge')
  await ip('-n', space, 'link', 'set', 'switch', 'up')
}

/** The router of each site is a port of its switch like any other, so that what cuts a host off cuts it off from the other site too. */
async function joinSites(lab: string, index: number): Promise<void> {
  const [rack, aws] = [switchNamespace(lab, 'rack'), switchNamespace(lab, 'aws')]
  await ip('-n', rack, 'link', 'add', siteLink, 'type', 'veth', 'peer', 'name', siteLink, 'netns', aws)
  for (const site of sites) {
    const space = switchNamespace(lab, site)
    await ip('-n', space, 'link', 'add', 'gate', 'type', 'veth', 'peer', 'name', routerPort)
    await ip('-n', space, 'addr', 'add', `${subnetOf(index, site).router}/24`, 'dev', 'gate')
    await ip('-n', space, 'link', 'set', routerPort, 'master', 'switch', 'up')
    await ip('-n', space, 'link', 'set', 'gate', 'up')
    await ip('-n', space, 'addr', 'add', `${linkAddress[site]}/30`, 'dev', siteLink)
    await runProgram(['nsenter', `--net=${namespaceFile(space)}`, 'sysctl', '-qw', ...routing])
  }
  await routeToPods(lab, index)
  await plugLink(lab, index)
}

/** A router that sends back into the net a packet came from would tell its sender, who may listen. */
const routing = [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.gate.send_redirects=0',
]

/** As in a VPC the network itself knows of each Pod where it is: nodes come and go, and no other node need hear of it. */
async function routeToPods(lab: string, index: number): Promise<void> {
  const space = switchNamespace(lab, 'aws')
  for (const {number, podSubnet} of nodeSlots)
    await ip('-n', space, 'route', 'add', podSubnet, 'via', `${subnetOf(index, 'aws').prefix}.${number}`)
}

const linkAddress: Readonly<Record<Site, string>> = {rack: '169.254.0.1', aws: '169.254.0.2'}
const otherSite: Readonly<Record<Site, Site>> = {rack: 'aws', aws: 'rack'}

/** Both ends up, with the routes over it, as after the routers' own protocol has found each other. */
export async function plugLink(lab: string, index: number): Promise<void> {
  for (const site of sites) await ip('-n', switchNamespace(lab, site), 'link', 'set', siteLink, 'up')
  for (const site of sites) {
    const [to, via] = [subnetOf(index, otherSite[site]).cidr, linkAddress[otherSite[site]]]
    await ip('-n', switchNamespace(lab, site), 'route', 'replace', to, 'via', via, 'dev', siteLink)
  }
}

/** Both ends down: the routers have no way to the other site, and say so to whoever asks for it. */
export async function pullLink(lab: string): Promise<void> {
  for (const site of sites) await ip('-n', switchNamespace(lab, site), 'link', 'set', siteLink, 'down')
}

/** Whether the routers have a way to the other site; packets may be lost on it all the same. */
export async function isLinkUp(lab: string): Promise<boolean> {
  const shown = await Promise.all(
    sites.map((site) => ip('-n', switchNamespace(lab, site), 'route', 'show', 'dev', siteLink)),
  )
  return shown.every((routes) => routes.includes(' via '))
}

/** Adding a link whose name exists fails, so that two labs that come up at once cannot take the same subnet. */
async function claimSubnet(space: string, wanted: number | null): Promise<Subnet> {
  const free = freeSubnets(await networksInUse())
  const ordered = [
    ...free.filter(({index}) => index === wanted),
    ...free.filter(({index}) => index !== wanted),
  ]
  for (const subnet of ordered)
    if ((await tryProgram(operatorLink(space, subnet))).status === 0) return subnet
  throw refusal('LAB_NO_SUBNET', {
    message: 'No network of 10.77.0.0/16 and 10.78.0.0/16 is free on this machine for a lab.',
    hint: 'Take down a lab that is no longer needed: PP_LAB=NAME pp lab down',
  })
}

const operatorLink = (space: string, {link}: Subnet): Argv => [
  ...(['ip', 'link', 'add', link, 'type', 'veth'] as const),
  ...['peer', 'name', operatorPort, 'netns', space],
]

async function networksInUse(): Promise<readonly string[]> {
  const [addresses, routes] = await Promise.all([
    ip('-o', '-4', 'addr', 'show'),
    ip('-o', '-4', 'route', 'show', 'table', 'all'),
  ])
  return [...`${addresses}\n${routes}`.matchAll(/\b\d+\.\d+\.\d+\.\d+(?:\/\d+)?/g)]
    .map(([network]) => network)
    .filter((network) => !network.startsWith('0.') && !network.startsWith('255.'))
}

/** The links to this machine come up last: when they are up, all before was done. */
async function areWhole(lab: string, index: number, ofSites: readonly Site[]): Promise<boolean> {
  const whole = await Promise.all(
    ofSites.map(async (site) => {
      const shown = await tryProgram(['ip', '-o', 'link', 'show', subnetOf(index, site).link, 'up'])
      return shown.stdout !== '' && existsSync(namespaceFile(switchNamespace(lab, site)))
    }),
  )
  return whole.every(Boolean)
}

/** Removes the switches with their links to this machine; what is gone already is as good. */
export async function removeSwitches(lab: string): Promise<void> {
  const links = await ip('-o', 'link', 'show', 'type', 'veth')
  for (const line of links.split('\n')) {
    const link = new RegExp(`^\\d+: (pplab\\d+\\w*)@.*alias pp lab ${lab}$`).exec(line.trim())?.[1]
    if (link !== undefined) await tryProgram(['ip', 'link', 'del', link])
  }
  for (const site of sites) await removeNamespace(switchNamespace(lab, site))
}

export async function removeNamespace(namespace: string): Promise<void> {
  if (existsSync(namespaceFile(namespace))) await ip('netns', 'del', namespace)
}

/**
 * A fresh network for a host that is about to boot: its link to the switch is the last thing that comes up.
 *
 * The hardware address stays the same over a power cycle, so that the neighbours' tables stay right.
 */
export async function plugIn(lab: string, host: HostRecord, index: number): Promise<void> {
  const [space, own] = [switchNamespace(lab, host.site), hostNamespace(lab, host.name)]
  const subnet = subnetOf(index, host.site)
  await unplug(lab, host)
  await ip('netns', 'add', own)
  await ip('-n', space, 'link', 'add', host.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', own)
  await ip('-n', own, 'link', 'set', 'eth0', 'address', host.mac)
  await ip('-n', own, 'addr', 'add', `${host.ip}/24`, 'dev', 'eth0')
  await ip('-n', own, 'link', 'set', 'lo', 'up')
  await ip('-n', own, 'link', 'set', 'eth0', 'up')
  await ip('-n', own, 'route', 'add', 'default', 'via', subnet.gateway)
  const other = otherSite[host.site]
  if (existsSync(namespaceFile(switchNamespace(lab, other))))
    await ip('-n', own, 'route', 'add', subnetOf(index, other).cidr, 'via', subnet.router)
  await ip('-n', space, 'link', 'set', host.name, 'master', 'switch', 'up')
}

type Plugged = Pick<HostRecord, 'name' | 'site'>

/** Cuts the host's link for good: it is silent from here on, like a server without power. */
export async function cutLink(lab: string, {name, site}: Plugged): Promise<void> {
  await tryProgram(['ip', '-n', switchNamespace(lab, site), 'link', 'del', name])
}

/** Also ends the connections that the kernel would otherwise close politely once the host boots again. */
export async function unplug(lab: string, host: Plugged): Promise<void> {
  await cutLink(lab, host)
  await removeNamespace(hostNamespace(lab, host.name))
}
