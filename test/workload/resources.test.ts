import {expect, test} from '@jest/globals'

import {inWords, parseQuantity, takenBy} from '../../src/lib/workload/resources.ts'
import {container, template} from '../fakes/workload.ts'

test.each([
  {resource: 'cpu', text: '100m', amount: 100},
  {resource: 'cpu', text: '1.1', amount: 1100},
  {resource: 'cpu', text: '0.0001', amount: 1},
  {resource: 'cpu', text: '2', amount: 2000},
  {resource: 'cpu', text: '1500000000n', amount: 1500},
  {resource: 'memory', text: '1.5Gi', amount: 1.5 * 2 ** 30},
  {resource: 'memory', text: '128974848', amount: 128_974_848},
  {resource: 'memory', text: '129e6', amount: 129_000_000},
  {resource: 'memory', text: '129M', amount: 129_000_000},
  {resource: 'memory', text: '100m', amount: 1},
  {resource: 'memory', text: '1E', amount: 1e18},
  // As a kubelet says what its node has.
  {resource: 'memory', text: '24581692Ki', amount: 24_581_692 * 1024},
  {resource: 'memory', text: '1K', amount: undefined},
  {resource: 'memory', text: '1ki', amount: undefined},
  {resource: 'pods', text: '110', amount: 110},
  {resource: 'pods', text: 'many', amount: undefined},
  {resource: 'cpu', text: '1Q', amount: undefined},
])('$text of $resource is $amount', ({resource, text, amount}) => {
  expect(parseQuantity(resource, text)).toBe(amount)
})

test('a Pod takes its containers, or the largest moment of its start, and its overhead', () => {
  const init = (cpu: number, isSidecar = false) => container({requests: {cpu}, isSidecar})
  const taken = (changes: Parameters<typeof template>[0]) => takenBy(template(changes)).cpu
  expect(taken({containers: [container(), container({requests: {cpu: 500}})]})).toBe(1500)
  expect(taken({initContainers: [init(700), init(3000)]})).toBe(3000)
  expect(taken({initContainers: [init(200, true), init(900)]})).toBe(1200)
  expect(taken({initContainers: [init(900), init(200, true)], overhead: {cpu: 50}})).toBe(1250)
  expect(taken({podRequests: {cpu: 400}, overhead: {cpu: 50}})).toBe(450)
})

test('amounts are shown as an operator writes them', () => {
  expect([
    inWords('cpu', 1000),
    inWords('cpu', 250),
    inWords('memory', 1.5 * 2 ** 30),
    inWords('pods', 3),
  ]).toEqual(['1 cpu', '250m cpu', '1.5 GiB memory', '3 pods'])
})
