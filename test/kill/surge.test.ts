// Scenario: a launch. render goes from 2 to 24 Pods over both sites while people order pictures on either, and back when it is over;
// another day the link between the sites is cut, or an API server hangs, while a scale is under way.
// Proves that nodes come for the surge and go with it, that no picture is lost, and that what one site could not do is told apart
// from what the other one did.
// Incident behind it: a scale that said "failed" while one site had all its Pods and the other one none.
import {afterEach, describe, expect, test} from '@jest/globals'
import {setTimeout as sleep} from 'node:timers/promises'

import {until} from '../../services/test/until.ts'
import {breakSite, freeze, killProcess, mendHosts} from '../../src/lib/lab/index.ts'
import type {ScaleReport} from '../../src/lib/workload/operate/report.ts'
import {FullLab} from '../in-lab/full-lab.ts'
import {People} from '../in-lab/people.ts'
import type {Ended} from '../in-lab/pp.ts'

const lab = new FullLab('u')

afterEach(async () => {
  await mendHosts(lab.name, undefined)
})

const scale = (...args: readonly string[]) => ['scale', 'render', ...args, '--yes', '--json']
const halves = ['--split', 'rack=50,aws=50'] as const

function reportOf({stdout, stderr}: Ended): ScaleReport {
  if (stdout === '') throw new Error(`pp wrote no report: ${stderr}`)
  return JSON.parse(stdout) as ScaleReport
}

/** Ready and wanted of each cluster, as pp tells them. */
const told = ({clusters}: ScaleReport) =>
  Object.fromEntries(clusters.map(({cluster, ready, wanted}) => [cluster, {ready, wanted}]))

/** So that the next one begins where this one did. */
async function restAgain(): Promise<void> {
  expect(reportOf(await lab.pp(scale('2', ...halves)))).toMatchObject({outcome: 'done'})
  await until(
    'one Pod on each site',
    async () => {
      const [rack, aws] = await Promise.all((['rack', 'aws'] as const).map(podsOf))
      return rack === 1 && aws === 1
    },
    120,
  )
}

async function podsOf(site: 'rack' | 'aws'): Promise<number> {
  const pods = await lab.kubectl(
    site,
    'get',
    'pods',
    '--selector=app.kubernetes.io/name=render',
    '--output=name',
  )
  return pods.split('\n').filter(Boolean).length
}

test('2 to 24 and back to 2: nodes come and go, every picture that was ordered meanwhile is drawn', async () => {
  await lab.fillNode()
  const people = new People(lab.name)
  try {
    const up = reportOf(await lab.pp(scale('24', '--split', 'rack=60,aws=40')))
    expect(up).toMatchObject({outcome: 'done', nodeGroups: [{group: 'render', before: 1, now: 2}]})
    expect(told(up)).toEqual({rack: {ready: 14, wanted: 14}, aws: {ready: 10, wanted: 10}})
    await sleep(3000)
    const down = reportOf(await lab.pp(scale('2', ...halves)))
    expect(down).toMatchObject({outcome: 'done', nodeGroups: [{group: 'render', before: 2, now: 1}]})
    await until('the node to be gone', async () => (await lab.group('render')).instances.length === 1, 90)
  } finally {
    await people.goHome()
  }
  for (const {failed, ordered} of await people.goHome()) {
    expect(failed).toEqual([])
    expect(ordered.length).toBeGreaterThan(20)
  }
  await restAgain()
})

describe('while a scale is under way', () => {
  test('the link is cut: the rack has its Pods, AWS has not, and says what keeps them', async () => {
    const running = lab.start(scale('6', ...halves, '--wait-timeout', '45s'), {failpoint: 'stop before set'})
    await running.stopped()
    await breakSite(lab.name, {kind: 'link', how: 'cut', oneWay: false})
    running.kill('SIGCONT')
    const report = reportOf(await running.ended)
    expect(report).toMatchObject({outcome: 'degraded', exitCode: 11})
    expect(told(report)).toEqual({rack: {ready: 3, wanted: 3}, aws: {ready: 0, wanted: 3}})
    expect(report.findings.filter((finding) => finding.startsWith('rack:'))).toEqual([])
    expect(report.findings.join('\n')).toMatch(/aws: 0 of 3 ready[^]*aws: .*pod\/render-/)

    // Each side can be changed alone meanwhile.
    const alone = reportOf(await lab.pp(scale('4', '--site', 'rack')))
    expect(alone).toMatchObject({outcome: 'done', clusters: [{cluster: 'rack', ready: 4}]})
    await mendHosts(lab.name, 'link')
    await restAgain()
  })

  test('an API server hangs: pp says what it does not know, and the other side can be changed alone', async () => {
    const running = lab.start(scale('6', ...halves, '--wait-timeout', '30s'), {
      failpoint: 'stop before ready',
    })
    await running.stopped()
    await freeze(lab.name, 'aws-ctl')
    running.kill('SIGCONT')
    const report = reportOf(await running.ended)
    expect(report).toMatchObject({outcome: 'human', exitCode: 13})
    expect(told(report)).toEqual({rack: {ready: 3, wanted: 3}, aws: {ready: null, wanted: 3}})
    expect(report.findings.join()).toContain('API server of aws does not answer')
    const alone = reportOf(await lab.pp(scale('4', '--site', 'rack')))
    expect(alone).toMatchObject({outcome: 'done', clusters: [{cluster: 'rack', ready: 4}]})

    await mendHosts(lab.name, 'aws-ctl')
    await restAgain()
  })

  test('an API server is killed and comes back: it is waited for', async () => {
    const running = lab.start(scale('6', ...halves))
    await running.said('aws: 3 ready')
    await killProcess(lab.name, 'aws-ctl', 'kube-apiserver')
    const report = reportOf(await running.ended)
    expect(report).toMatchObject({outcome: 'done'})
    expect(told(report)).toEqual({rack: {ready: 3, wanted: 3}, aws: {ready: 3, wanted: 3}})
    await restAgain()
  })
})
