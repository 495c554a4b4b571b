// Scenario: an operator who is no administrator works through a day on both sites with the rights of playbooks/kubernetes/operator.yaml:
// looks, scales up to a new node and back, scales until a time, deploys, plays a drill.
// Proves that these rights are enough for each of them; what is missing is refused by the real API server (CLUSTER_FORBIDDEN).
// Incident behind it: a role made from a table, which lacked one verb, at the first scale down of an incident.
import {beforeAll, expect, test} from '@jest/globals'
import {copyFile, mkdir, mkdtemp, readFile, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

import {labPaths} from '../../src/lib/lab/index.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {expectDone} from '../in-lab/ended.ts'
import {fleetFile} from '../in-lab/fleet-file.ts'
import {FullLab} from '../in-lab/full-lab.ts'
import {patiently, type Ended, type PpOptions} from '../in-lab/pp.ts'

const lab = new FullLab('r')
const sites = ['rack', 'aws'] as const

interface Config {
  readonly users: readonly {readonly name: string; readonly user: object}[]
  readonly contexts: readonly {readonly name: string; readonly context: {readonly user: string}}[]
}

let asOperator: PpOptions
beforeAll(async () => {
  const rights = await readFile(join(packageRoot, 'playbooks/kubernetes/operator.yaml'), 'utf8')
  const folder = await mkdtemp(join(tmpdir(), 'pp-operator-'))
  const [rightsFile, kubeconfig] = [join(folder, 'operator.yaml'), join(folder, 'kubeconfig')]
  // A token of a ServiceAccount brings no group that could be named freely.
  await writeFile(rightsFile, rights.replaceAll('pixelpulse:operators', 'system:serviceaccounts:operators'))
  const config = JSON.parse(await readFile(labPaths(lab.name).kubeconfig, 'utf8')) as Config
  const tokens = new Map<string, string>()
  for (const site of sites) {
    await lab.kubectl(site, 'apply', '--filename', rightsFile)
    await lab.kubectl(site, 'create', 'namespace', 'operators')
    await lab.kubectl(site, 'create', 'serviceaccount', 'operator', '--namespace', 'operators')
    const token = ['create', 'token', 'operator', '--namespace', 'operators', '--duration', '4h']
    const user = config.contexts.find(({name}) => name === site)?.context.user ?? ''
    tokens.set(user, (await lab.kubectl(site, ...token)).trim())
  }
  const users = config.users.map(({name}) => ({name, user: {token: tokens.get(name)}}))
  await writeFile(kubeconfig, JSON.stringify({...config, users}), {mode: 0o600})
  const file = await fleetFile((yaml) =>
    yaml.replaceAll(/( +)context: (rack|aws)\n/g, `$&$1kubeconfig: ${kubeconfig}\n`),
  )
  const drills = join(dirname(file), 'playbooks/drills')
  await mkdir(drills, {recursive: true})
  await copyFile(join(packageRoot, 'playbooks/drills/pod-loss.yaml'), join(drills, 'pod-loss.yaml'))
  asOperator = {env: {PP_FLEET: file}}
  await lab.fillNode()
  await lab.tag(await lab.image('auth'), 'next')
}, 180_000)

const pp = (...argv: readonly string[]): Promise<Ended> => lab.pp(argv, asOperator)

test('he is no administrator, and nothing that he looks at is kept from him', async () => {
  const operator = 'system:serviceaccount:operators:operator'
  const asked = [
    'auth',
    'can-i',
    'get',
    'secrets',
    `--as=${operator}`,
    '--as-group=system:serviceaccounts:operators',
  ]
  await expect(lab.kubectl('rack', ...asked)).rejects.toMatchObject({stdout: 'no'})
  const {stdout} = await pp('status', '--json')
  expect(stdout).toContain('gateway')
  expect(stdout).not.toContain('FORBIDDEN')
  // Asked of a Pod, by the API server.
  const top = await pp('top', 'render', '--json')
  const told = {services: [{queue: {depth: 0}}], unmeasured: null}
  expect(JSON.parse(top.stdout)).toMatchObject({clusters: [told, told]})
})

test.each([
  ['services', '--json'],
  ['top', '--once'],
  ['why', 'render'],
  ['logs', 'gateway', '--since', '1m'],
  ['rollout', 'history', 'auth'],
  // They change one field, and ask nothing.
  ['rollout', 'pause', 'auth'],
  ['rollout', 'resume', 'auth'],
])('pp %s %s', async (...argv) => {
  const ended = await pp(...argv)
  expectDone(ended)
  expect(ended.stdout + ended.stderr).not.toMatch(/FORBIDDEN|not allow/)
})

test.each([
  {does: 'scales up to a new node', argv: ['scale', 'render', '5', '--site', 'aws']},
  {does: 'scales back, and the node goes', argv: ['scale', 'render', '1', '--site', 'aws']},
  {does: 'scales until a time, by KEDA', argv: ['scale', 'render', '2', '--site', 'rack', '--until', '30m']},
  {
    does: 'scales until a time, by a Job',
    argv: ['scale', 'gateway', '3', '--site', 'rack', '--until', '30m'],
  },
  {does: 'ends that by another number', argv: ['scale', 'gateway', '2', '--site', 'rack']},
  {does: 'deploys, migrations first', argv: ['deploy', 'auth', '--image', 'next']},
  {does: 'takes it back', argv: ['rollback', 'auth']},
])('$does', async ({argv}) => {
  expectDone(await pp(...argv, '--yes', '--json'))
})

test('deploys by a canary behind the ingress, which is judged or waited for, and takes it back', async () => {
  await lab.tag(await lab.image('gateway'), 'next')
  const argv = ['deploy', 'gateway', '--image', 'next', '--canary', '20%', '--canary-for', '20s']
  const {exitCode, stdout} = await pp(...argv, '--yes', '--json')
  // Nobody asks it for anything, so it cannot be judged.
  expect({exitCode, stdout}).toMatchObject({
    exitCode: 13,
    stdout: expect.stringContaining('CANARY_INCONCLUSIVE'),
  })
  expectDone(await pp('op', 'abort', '--yes', '--json'))
})

test('plays a drill that deletes Pods', async () => {
  expectDone(await patiently(() => pp('drill', 'pod-loss', '--yes', '--json')))
})
