import {expect, test} from '@jest/globals'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parse} from 'yaml'

import {nodeSlots, zones} from '../../src/lib/lab/aws/slots.ts'
import {packageRoot} from '../../src/lib/package-root.ts'

test('every node that a node group of the lab can have is in the inventory, with its own addresses for Pods', async () => {
  const file = join(packageRoot, 'playbooks/ansible/inventories/lab-aws/hosts.yaml')
  const inventory = parse(await readFile(file, 'utf8')) as {
    all: {children: {kubernetes: {children: {kubernetes_node: {hosts: Record<string, unknown>}}}}}
  }
  const declared = inventory.all.children.kubernetes.children.kubernetes_node.hosts
  const slots = nodeSlots.map(({name, podSubnet}) => [name, {kubernetes_pod_subnet: podSubnet}])
  expect(declared).toEqual(Object.fromEntries(slots))
})

test('no two nodes share a name, an address or the addresses of their Pods', () => {
  for (const key of ['name', 'number', 'podSubnet'] as const)
    expect(new Set(nodeSlots.map((slot) => slot[key])).size).toBe(nodeSlots.length)
})

test('a node lies in the part of the network that is the subnet of its zone, past the addresses that AWS keeps', () => {
  for (const {zone, number} of nodeSlots) {
    const first = 64 * (zones.indexOf(zone) + 1)
    expect(number).toBeGreaterThanOrEqual(first + 4)
    expect(number).toBeLessThan(first + 63)
  }
})
