import {existsSync} from 'node:fs'
import {runProgram, tryProgram, type Argv} from '../drivers/machine/program.ts'
import {refusal} from '../errors.ts'
import {hostNamespace, namespaceFile, operatorPort, switchNamespace} from './names.ts'
import type {HostRecord} from './state.ts'
import {freeSubnets, subnetOf, type Subnet} from './subnet.ts'

const ip = (...args: readonly string[]): Promise<string> => runProgram(['ip', ...args])

/**
 * Makes the lab's switch in a namespace of its own, so that no firewall of this machine acts between the hosts, and
 * joins it to this machine by one link, whose name claims a free subnet.
 */
export async function makeSwitch(
  lab: string,
  wanted: number | null,
): Promise<{subnet: Subnet; isNew: boolean}> {
  const space = switchNamespace(lab)
  if (wanted !== null && (await isWhole(space, subnetOf(wanted))))
    return {subnet: subnetOf(wanted), isNew: false}
  await removeSwitch(lab)
  await ip('netns', 'add', space)
  await ip('-n', space, 'link', 'set', 'lo', 'up')
  await ip('-n', space, 'link', 'add', 'switch', 'type', 'bridge')
  await ip('-n', space, 'link', 'set', 'switch', 'up')
  const subnet = await claimSubnet(space, wanted)
  await ip('link', 'set', subnet.link, 'alias', `pp lab ${lab}`)
  await ip('addr', 'add', `${subnet.gateway}/24`, 'dev', subnet.link)
  await ip('-n', space, 'link', 'set', operatorPort, 'master', 'switch', 'up')
  await ip('link', 'set', subnet.link, 'up')
  return {subnet, isNew: true}
}

/** Adding a link whose name exists fails, so that two labs that come up at once cannot take the same subnet. */
async function claimSubnet(space: string, wanted: number | null): Promise<Subnet> {
  const free = freeSubnets(await networksInUse())
  const ordered = [
    ...free.filter(({index}) => index === wanted),
    ...free.filter(({index}) => index !== wanted),
  ]
  for (const subnet of ordered) {
    const veth: Argv = [
      'ip',
      'link',
      'add',
      subnet.link,
      'type',
      'veth',
      'peer',
      'name',
      operatorPort,
      'netns',
      space,
    ]
    if ((await tryProgram(veth)).status === 0) return subnet
  }
  throw refusal('LAB_NO_SUBNET', {
    message: 'No network of 10.77.0.0/16 is free on this machine for a lab.',
    hint: 'Take down a lab that is no longer needed: PP_LAB=NAME pp lab down',
  })
}

async function networksInUse(): Promise<readonly string[]> {
  const [addresses, routes] = await Promise.all([
    ip('-o', '-4', 'addr', 'show'),
    ip('-o', '-4', 'route', 'show', 'table', 'all'),
  ])
  return [...`${addresses}\n${routes}`.matchAll(/\b\d+\.\d+\.\d+\.\d+(?:\/\d+)?/g)]
    .map(([network]) => network)
    .filter((network) => !network.startsWith('0.') && !network.startsWith('255.'))
}

/** The link comes up last: when it is up, all before it was done. */
async function isWhole(space: string, {link}: Subnet): Promise<boolean> {
  const shown = await tryProgram(['ip', '-o', 'link', 'show', link, 'up'])
  return shown.stdout !== '' && existsSync(namespaceFile(space))
}

/** Removes the switch with the link to this machine; what is gone already is as good. */
export async function removeSwitch(lab: string): Promise<void> {
  const links = await ip('-o', 'link', 'show', 'type', 'veth')
  for (const line of links.split('\n')) {
    const link = new RegExp(`^\\d+: (pplab\\d+)@.*alias pp lab ${lab}$`).exec(line.trim())?.[1]
    if (link !== undefined) await tryProgram(['ip', 'link', 'del', link])
  }
  await removeNamespace(switchNamespace(lab))
}

export async function removeNamespace(namespace: string): Promise<void> {
  if (existsSync(namespaceFile(namespace))) await ip('netns', 'del', namespace)
}

/**
 * A fresh network for a host that is about to boot: its link to the switch is the last thing that comes up.
 *
 * The hardware address stays the same over a power cycle, so that the neighbours' tables stay right.
 */
export async function plugIn(lab: string, host: HostRecord, subnet: Subnet): Promise<void> {
  const [space, own] = [switchNamespace(lab), hostNamespace(lab, host.name)]
  await unplug(lab, host.name)
  await ip('netns', 'add', own)
  await ip('-n', space, 'link', 'add', host.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', own)
  await ip('-n', own, 'link', 'set', 'eth0', 'address', host.mac)
  await ip('-n', own, 'addr', 'add', `${host.ip}/24`, 'dev', 'eth0')
  await ip('-n', own, 'link', 'set', 'lo', 'up')
  await ip('-n', own, 'link', 'set', 'eth0', 'up')
  await ip('-n', own, 'route', 'add', 'default', 'via', subnet.gateway)
  await ip('-n', space, 'link', 'set', host.name, 'master', 'switch', 'up')
}

/** Cuts the host's link for good: it is silent from here on, like a server without power. */
export async function cutLink(lab: string, host: string): Promise<void> {
  await tryProgram(['ip', '-n', switchNamespace(lab), 'link', 'del', host])
}

/** Also ends the connections that the kernel would otherwise close politely once the host boots again. */
export async function unplug(lab: string, host: string): Promise<void> {
  await cutLink(lab, host)
  await removeNamespace(hostNamespace(lab, host))
}
