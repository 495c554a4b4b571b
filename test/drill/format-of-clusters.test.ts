// What a drill's file can say of clusters and services, and what becomes of it when a run begins.
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'

import {clusterHosts, controlPlaneOf, withClusterHosts} from '../../src/lib/drill/cluster-hosts.ts'
import {faultEnd} from '../../src/lib/drill/fault-place.ts'
import {loadDrill} from '../../src/lib/drill/format/load.ts'
import type {Drill, FaultSpec} from '../../src/lib/drill/format/types.ts'
import {resolveDrill} from '../../src/lib/drill/resolve.ts'
import {serviceUrl, urlsOf} from '../../src/lib/drill/service-url.ts'
import {actInWords} from '../../src/lib/drill/show/in-words.ts'
import type {PpError} from '../../src/lib/errors.ts'
import {loadFleet} from '../../src/lib/fleet/load.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {healthyCluster} from '../fakes/cluster-state.ts'
import {drill} from '../fakes/drill.ts'
import {TemporaryDrills} from './temporary-drills.ts'

let drills: TemporaryDrills
beforeEach(() => {
  drills = new TemporaryDrills()
})
afterEach(() => drills[Symbol.dispose]())

const head = `apiVersion: pp/v1
title: T
why: W
owner: O
environments: [lab]
`
function load(rest: string): Drill {
  drills.write('story', head + rest)
  return loadDrill(drills.home, 'story')
}
const mistakes = (rest: string): string => {
  try {
    load(rest)
    return 'none'
  } catch (error) {
    return (error as PpError).message
  }
}
const claims = 'steadyState: [{name: writes, probe: {marker: {}}}]\n'

test('faults of clusters bring their site, their cap and their end', () => {
  const {method} = load(`targets: {database: main, services: [web], maxPods: 5, sites: [aws]}
${claims}method:
  - {fault: delete-pods, service: web, percent: 50}
  - {fault: node-group-to-zero, site: aws, group: render, expires: 5m}
  - {fault: api-server-down, site: aws}
  - {fault: cut-link}
`)
  expect(method.map((act) => act.act === 'fault' && act.fault)).toEqual([
    {kind: 'delete-pods', service: 'web', site: undefined, count: undefined, percent: 50, maxPods: 5},
    {kind: 'node-group-to-zero', site: 'aws', group: 'render', expiresSeconds: 300},
    {kind: 'api-server-down', site: 'aws', expiresSeconds: 600},
    {kind: 'cut-link', expiresSeconds: 600},
  ])
})

test.each(['node-group-to-zero, group: render', 'api-server-down', 'drain, zone: a'])(
  '%s is refused on a site that targets do not name',
  (fault) => {
    expect(
      mistakes(`targets: {database: main, sites: [rack]}\n${claims}method: [{fault: ${fault}, site: aws}]\n`),
    ).toContain('no site of targets.sites is called aws')
  },
)

test('a load has its script beside the fleet file, and its settings as texts', () => {
  const {method} = load(`targets: {database: main}
${claims}method:
  - {load: load/web.js, service: web, site: rack, settings: {RATE: 30, SURGE: 2m}}
`)
  expect(method).toEqual([
    {
      act: 'load',
      name: 'load',
      script: `${drills.folder}/load/web.js`,
      service: 'web',
      site: 'rack',
      settings: {RATE: '30', SURGE: '2m'},
      timeoutSeconds: 900,
    },
  ])
  expect(method.flatMap(actInWords)).toEqual([
    expect.stringContaining('load/web.js against web on rack RATE=30 SURGE=2m, 15 m at most'),
  ])
})

describe('a service that is looked at by its site', () => {
  const looking = (http: string) => `targets: {database: main}
steadyState: [{name: web, when: [], probe: {http: ${http}}}]
method: [{load: x.js, service: web, site: rack}]
`

  test('is named by its place until a run begins, and by its address then', async () => {
    const {steadyState} = load(looking('{service: web, site: rack, path: /x}'))
    expect(steadyState).toMatchObject([{when: [], probe: {url: '{web on rack}/x'}}])
    const fleet = {...bundled(), clusters: [], services: [web]}
    const urlOf = await urlsOf(fleet, drill({steadyState}))
    expect(resolveDrill(drill({steadyState}), healthyCluster(), {urlOf})).toMatchObject({
      steadyState: [{probe: {url: 'https://web.example.net/x'}}],
    })
  })

  test.each(['{service: web}', '{url: "http://x", service: web, site: rack}', '{}'])(
    '%s is refused',
    (http) => {
      expect(mistakes(looking(http))).toContain('either url, or service and site')
    },
  )

  test('without an address there is none: SERVICE_WITHOUT_URL', async () => {
    const fleet = {...bundled(), clusters: [], services: [web]}
    await expect(serviceUrl(fleet, {service: 'web', site: 'aws'})).rejects.toMatchObject({
      code: 'SERVICE_WITHOUT_URL',
      message: expect.stringContaining('its urls are for rack') as unknown,
    })
  })
})

const web = {
  ...{name: 'web', instances: [], clusters: [], deployment: 'web', migrate: undefined},
  urls: {rack: 'https://web.example.net'},
}
const bundled = () => loadFleet({environment: 'lab', folder: packageRoot, env: {PP_LAB: 'none'}})

test("hosts of clusters come from the clusters' inventories; a managed one has no host that runs its API server", () => {
  const fleet = bundled()
  expect(clusterHosts(fleet).map(({name}) => name)).toEqual(
    expect.arrayContaining(['ctl1', 'node1', 'aws-ctl']),
  )
  expect(withClusterHosts(fleet).hosts.filter(({name}) => name === 'node2')).toHaveLength(1)
  const [rack] = fleet.clusters
  expect(controlPlaneOf(rack!).map(({name}) => name)).toEqual(['ctl1'])
  expect(() => controlPlaneOf({...rack!, inventory: undefined})).toThrow(
    expect.objectContaining({code: 'CONTROL_PLANE_OUT_OF_REACH'}),
  )
})

test('a host of a cluster can lose its power, and nothing else', () => {
  const hit = (kind: 'power-off' | 'cut') =>
    resolveDrill(
      drill({
        targets: {...drill().targets, hosts: ['node1']},
        method: [{act: 'fault', name: 'x', fault: {kind, host: 'node1', from: [], expiresSeconds: 600}}],
      }),
      healthyCluster(),
      {ofClusters: ['node1']},
    )
  expect(hit('power-off')).toMatchObject({kind: 'resolved', targets: ['node1']})
  expect(hit('cut')).toMatchObject({kind: 'refused', code: 'TARGET_UNKNOWN'})
})

test('every fault says who ends it without pp', () => {
  const onSite = {site: 'aws', expiresSeconds: 600}
  const faults: readonly FaultSpec[] = [
    {kind: 'delete-pods', service: 'web', site: 'rack', count: 1, percent: undefined, maxPods: 1},
    {kind: 'drain', site: 'aws', zone: 'a', node: undefined},
    {kind: 'cut-link', expiresSeconds: 600},
    {kind: 'node-group-to-zero', group: 'render', ...onSite},
    {kind: 'api-server-down', ...onSite},
    {kind: 'power-off', host: 'db1', from: [], expiresSeconds: 600},
    {kind: 'freeze', host: 'db1', from: [], expiresSeconds: 600},
  ]
  expect(faults.map(faultEnd)).toEqual([
    'it ends by itself, with new Pods',
    'nobody but pp ends it',
    'the lab ends it after 10 m',
    'AWS ends it after 10 m',
    'its host ends it after 10 m',
    'nobody but pp ends it',
    'the host ends it after 10 m',
  ])
})
