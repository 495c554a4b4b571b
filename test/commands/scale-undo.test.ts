// pp scale SERVICE --undo ID: what it asks for, and what is left to do while one site is silent. Clusters answer what they are
// asked; nothing is written, as nobody is there to confirm.
import {afterAll, beforeAll, beforeEach, describe, expect, test} from '@jest/globals'
import {rmSync} from 'node:fs'
import {join} from 'node:path'

import {Journal} from '../../src/lib/operation/journal.ts'
import {FakeApiServer, kubeconfigFor} from '../fakes/api-server.ts'
import {deploymentObject, deploymentPath, renderCluster} from '../fakes/kubernetes-objects.ts'
import {TemporaryFleet} from '../fleet/temporary-fleet.ts'
import {freePort} from '../free-port.ts'
import {runPp} from '../run-pp.ts'

/** pp has set how many there are. */
const ours = {manager: 'pp', operation: 'Apply', fieldsV1: {'f:spec': {'f:replicas': {}}}}
let rack: FakeApiServer
let aws: FakeApiServer
let fleet: TemporaryFleet

beforeAll(async () => {
  const running = (replicas: number) => {
    const deployment = deploymentObject(replicas)
    const metadata = {...deployment.metadata, resourceVersion: '7', managedFields: [ours]}
    return renderCluster({[deploymentPath]: {...deployment, metadata}, '/version': {major: '1'}})
  }
  rack = await FakeApiServer.start(running(16))
  aws = await FakeApiServer.start(running(8))
  fleet = new TemporaryFleet()
  fleet.write('nowhere', kubeconfigFor(`http://127.0.0.1:${await freePort()}`))
  const environment = (name: string, awsConfig: string, isProtected: boolean) => `  ${name}:
    inventory: hosts.yaml
    protected: ${isProtected}
    clusters:
      rack: {site: rack, kubeconfig: ${rack.kubeconfig}, namespace: pixelpulse}
      aws: {site: aws, kubeconfig: ${awsConfig}, namespace: pixelpulse}
    services:
      render: {clusters: [rack, aws]}
`
  fleet.rewrite((text) =>
    text
      .replace(/^environments:\n.*$/m, 'environments:\n')
      .concat(
        environment('rack', aws.kubeconfig, false),
        environment('production', aws.kubeconfig, true),
        environment('cut', 'nowhere', true),
      ),
  )
})
afterAll(async () => {
  fleet[Symbol.dispose]()
  await Promise.all([rack, aws].map((one) => one.stop()))
})
beforeEach(() => rmSync(join(fleet.folder, 'state'), {recursive: true, force: true}))

const env = () => ({XDG_STATE_HOME: join(fleet.folder, 'state')})
const pp = (environment: string, ...argv: readonly string[]) =>
  runPp(['scale', 'render', '--env', environment, '--fleet', fleet.file, ...argv], {env: env()})

interface Scaled {
  readonly cluster: string
  readonly was: number
  readonly to: number
}
const id = '06FWDHE6VG'

/** An ended scale of Deployments, or the undo of one. @param more.diedIn where pp was killed right after it had set it. */
function ended(
  environment: string,
  operation: string,
  scaled: readonly Scaled[],
  undoes?: string,
  {diedIn, outcome = 'done'}: {readonly diedIn?: string; readonly outcome?: string} = {},
): void {
  const journal = Journal.create(join(env().XDG_STATE_HOME, 'pp/shop', environment, 'operations'), operation)
  const object = 'deployment/render'
  const field = 'spec.replicas'
  const clusters = scaled.map(({cluster, was, to}) => ({
    cluster, site: cluster, namespace: 'pixelpulse', deployment: 'render', owner: 'deployment',
    now: was, wanted: to, isAwaited: true, fields: [{object, field, to}],
  })) // prettier-ignore
  const undo = undoes === undefined ? {} : {undo: {operation: undoes, fields: []}}
  const intent = {service: 'render', clusters, waitSeconds: 60, undoOnTimeout: false, ...undo}
  journal.append('opened', {kind: 'scale', target: 'service/render', intent})
  for (const {cluster, was, to} of undoes === undefined ? scaled : []) {
    const fields = [{cluster, object, field, was, to, owners: []}]
    journal.append('step-intent', {kind: 'set', cluster, object, fields})
    if (cluster !== diedIn) journal.append('step-done', {kind: 'set', proof: {cluster, object}})
  }
  for (const {cluster, was} of undoes === undefined || outcome === 'undone' ? [] : scaled)
    journal.append('step-intent', {kind: 'restore', cluster, object, fields: [{field, was}]})
  journal.append('closed', {outcome})
  journal.close()
}
const up = [
  {cluster: 'rack', was: 2, to: 16},
  {cluster: 'aws', was: 0, to: 8},
]

describe('an undo asks for the typed name', () => {
  test.each([
    {name: 'where more than half of production would go', environment: 'production', scaled: up},
    {
      name: 'where nothing of it would run',
      environment: 'rack',
      scaled: up.map((one) => ({...one, was: 0})),
    },
  ])('$name: --yes is not enough', async ({environment, scaled}) => {
    ended(environment, id, scaled)
    const {exitCode, stderr, stdout} = await pp(environment, '--undo', id, '--yes')
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''})
    expect(stderr).toContain('  asks for the name render to be typed: ')
    expect(stderr).toContain('--confirm render')
  })

  test.each([
    {name: 'elsewhere', environment: 'rack', scaled: up},
    {
      name: 'where less than half goes',
      environment: 'production',
      scaled: [
        {cluster: 'rack', was: 12, to: 16},
        {cluster: 'aws', was: 2, to: 8},
      ],
    },
    {
      name: 'where there will be more',
      environment: 'production',
      scaled: [{cluster: 'rack', was: 40, to: 16}],
    },
  ])('and not $name', async ({environment, scaled}) => {
    ended(environment, id, scaled)
    const {exitCode, stderr} = await pp(environment, '--undo', id)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--yes')
    expect(stderr).not.toContain('--confirm render')
    expect((await pp(environment, '--undo', id, '--plan', '--json')).json()).toMatchObject({severe: null})
  })
})

test('what was set right before pp was killed is given back, too', async () => {
  ended('production', id, up, undefined, {diedIn: 'rack'})
  expect((await pp('production', '--undo', id, '--plan')).stdout).toContain(
    '  rack: deployment/render replicas back to 2',
  )
})

describe('while one site is silent', () => {
  test('says which one can be given back alone', async () => {
    ended('cut', id, up)
    expect((await pp('cut', '--undo', id, '--plan', '--json')).json()).toMatchObject({
      outcome: 'refused',
      exitCode: 3,
      error: {
        code: 'CLUSTERS_SILENT',
        message: expect.stringContaining('What it has set on rack can be given back alone'),
        hint: expect.stringContaining(`--undo ${id} --plan --json --site rack`),
      },
    })
  })

  test('that one is given back alone; the other is said to be left', async () => {
    ended('cut', id, up)
    const {exitCode, stdout} = await pp('cut', '--undo', id, '--site', 'rack', '--plan')
    expect({exitCode, stdout}).toEqual({
      exitCode: 0,
      stdout: `render · undo of ${id}
  rack: deployment/render replicas back to 2
  left as it is: aws (pp scale render --undo ${id} --site aws)
  asks for the name render to be typed: more than half of it would go`,
    })
  })

  test('a site that it was not about is refused', async () => {
    ended('production', id, up.slice(0, 1))
    const {exitCode, stderr} = await pp('production', '--undo', id, '--site', 'aws', '--plan')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('SITE_UNKNOWN')
    expect(stderr).toContain('it was about rack')
  })
})

describe('what is undone already', () => {
  test('on one site is not undone again there, though the same number was set since', async () => {
    ended('production', id, up)
    ended('production', '06FWDHE6VH', up.slice(0, 1), id)
    const {stdout} = await pp('production', '--undo', id, '--plan')
    expect(stdout).toContain('  aws: deployment/render replicas back to 0')
    expect(stdout).not.toContain('rack: ')
    expect((await pp('production', '--undo', id, '--site', 'aws', '--plan', '--json')).json()).toMatchObject({
      left: [],
    })
  })

  test('counts also where a site was silent in the end', async () => {
    ended('production', id, up)
    ended('production', '06FWDHE6VH', up.slice(0, 1), id, {outcome: 'human'})
    expect((await pp('production', '--undo', id, '--plan')).stdout).not.toContain('rack: ')
  })

  test('does not count where it was stopped before its first step', async () => {
    ended('production', id, up)
    ended('production', '06FWDHE6VH', up.slice(0, 1), id, {outcome: 'undone'})
    expect((await pp('production', '--undo', id, '--plan')).stdout).toContain('rack: deployment/render')
  })

  test('on both leaves nothing to do', async () => {
    ended('production', id, up)
    ended('production', '06FWDHE6VH', up, id)
    expect((await pp('production', '--undo', id)).stdout).toContain('Nothing to do')
  })
})

test('nothing was written', () => {
  expect(new Set([...rack.methods, ...aws.methods])).toEqual(new Set(['GET']))
})
