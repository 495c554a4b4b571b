import {describe, expect, test} from '@jest/globals'

import {pagesOf} from '../../src/lib/lab/cluster/pages.ts'
import {afterUp, statusText} from '../../src/lib/lab/show.ts'
import type {Site} from '../../src/lib/lab/sites.ts'
import {parseRecord, type LabRecord} from '../../src/lib/lab/state.ts'

const host = (name: string, site: Site, ip: string) => ({
  ...{name, site, ip, mac: '', hasDataDisk: false, hasKubernetes: true},
  ...{supervisor: null, init: null},
})
const hosts = [
  host('ctl1', 'rack', '10.77.2.41'),
  host('node1', 'rack', '10.77.2.51'),
  host('node2', 'rack', '10.77.2.52'),
  host('aws-ctl', 'aws', '10.78.2.41'),
  host('aws-a1', 'aws', '10.78.2.71'),
]

function record(more: object = {}): LabRecord {
  const text = JSON.stringify({
    ...{schemaVersion: 1, name: 'default', profile: 'full', bootId: 'b', base: 'base-1'},
    ...{synchronous: true, subnetIndex: 2, setUp: 'hash', hosts, faults: []},
    ...more,
  })
  const parsed = parseRecord(text)
  if (!parsed) throw new Error('it is no record of a lab')
  return parsed
}

const pages = [
  {site: 'rack', url: 'http://10.77.2.51:30080'},
  {site: 'aws', url: 'http://10.78.2.71:30080'},
] as const

describe('the page', () => {
  test('has an address on each site', () => {
    expect(pagesOf(record())).toEqual(pages)
  })

  test('has none on a site without nodes', () => {
    expect(pagesOf(record({hosts: hosts.slice(0, -1)}))).toEqual(pages.slice(0, 1))
  })

  test.each([
    ['before the services were set up', {setUp: null}],
    ['in a lab without the services', {profile: 'cluster'}],
  ])('has none %s', (_, more) => {
    expect(pagesOf(record(more))).toEqual([])
  })
})

test('pp lab up ends with the addresses, also when nothing was to be done', () => {
  const result = {lab: 'default', booted: [], setUp: false, primary: 'db1', seconds: 3, pages}
  const text = afterUp(result, record())
  expect(text).toContain('Lab default was up already (3.0 s)')
  const [rack, aws] = text.split('\n').slice(-2)
  expect(rack).toMatch(/^ {2}http:\/\/10\.77\.2\.51:30080 +the page on rack$/)
  expect(aws).toMatch(/^ {2}http:\/\/10\.78\.2\.71:30080 +the page on aws$/)
})

test('pp lab status has the addresses', () => {
  const text = statusText({
    ...{lab: 'default', state: 'up', profile: 'full', synchronous: true, isSetUp: true},
    ...{subnet: '10.77.2.0/24', folder: '/labs/default', kubeconfig: null, hosts: [], aws: null, parts: []},
    pages,
  })
  expect(text.split('\n')).toContain('page: http://10.77.2.51:30080 (rack) · http://10.78.2.71:30080 (aws)')
})
