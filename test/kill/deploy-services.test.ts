// Scenario: operators bring versions of PixelPulse's own services to both sites while people sign in, save and order pictures on
// either: ten in a row, one by a canary behind the ingress, one that is broken, one that is taken back by hand.
// Proves that no request fails for a good version, and that a bad one gets no further than its canary.
// Incident behind it: a version that looked well to its readiness check, and answered one request in two with an error.
/* eslint-disable @typescript-eslint/no-explicit-any -- documents of pp, as they come */
import {afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals'

import {FullLab, withTag} from '../in-lab/full-lab.ts'
import {People} from '../in-lab/people.ts'
import {reportOf} from '../in-lab/trial.ts'

const lab = new FullLab('v')
const services = ['auth', 'projects', 'render', 'collab', 'gateway'] as const
const sites = ['rack', 'aws'] as const

const tagOf = (image: string): string => image.slice(image.lastIndexOf(':') + 1)

/** A version that answers every request for a design with 502: to it, nobody has the name of the service behind. */
const brokenImage = (image: string, broken: string): string => `
import hashlib, io, json, subprocess, tarfile
ctr = ['ctr', '--namespace', 'k8s.io', 'images']
saved = subprocess.run([*ctr, 'export', '-', '${image}'], check=True, capture_output=True).stdout
files = {}
with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
    files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
def blob(digest): return files['blobs/' + digest.replace(':', '/')]
def keep(value):
    data = json.dumps(value).encode()
    digest = 'sha256:' + hashlib.sha256(data).hexdigest()
    files['blobs/' + digest.replace(':', '/')] = data
    return {'digest': digest, 'size': len(data)}
index = json.loads(files['index.json'])
manifest = json.loads(blob(index['manifests'][0]['digest']))
config = json.loads(blob(manifest['config']['digest']))
code = "import dns from 'node:dns';const real=dns.lookup;dns.lookup=(name,...rest)=>real(name==='projects'?'nobody.invalid':name,...rest)"
config['config']['Env'].append('NODE_OPTIONS=--import=data:text/javascript,' + code.replace(' ', '%20'))
manifest['config'].update(keep(config))
index['manifests'] = [{**index['manifests'][0], **keep(manifest), 'annotations': {'io.containerd.image.name': '${broken}'}}]
files['index.json'] = json.dumps(index).encode()
files.pop('manifest.json', None)
out = io.BytesIO()
with tarfile.open(fileobj=out, mode='w') as archive:
    for name, data in files.items():
        one = tarfile.TarInfo(name); one.size = len(data)
        archive.addfile(one, io.BytesIO(data))
subprocess.run([*ctr, 'import', '-'], input=out.getvalue(), check=True)
`

let first: Record<string, string>
beforeAll(async () => {
  first = Object.fromEntries(
    await Promise.all(services.map(async (service) => [service, await lab.image(service)] as const)),
  )
  for (const image of Object.values(first)) await lab.tag(image, 'next')
  const {gateway = ''} = first
  await lab.onEachNode(['python3', '-c', brokenImage(gateway, withTag(gateway, 'broken'))])
}, 120_000)

let people: People | undefined
afterEach(async () => {
  await people?.goHome()
  people = undefined
  // What a test that failed has left; there is nothing where all went well.
  await lab.pp(['op', 'abort', '--yes'])
})

const deploy = async (service: string, tag: string, ...more: readonly string[]): Promise<any> =>
  reportOf(await lab.pp(['deploy', service, '--image', tag, ...more, '--yes', '--json']))

async function everywhere(service: string): Promise<readonly string[]> {
  return Promise.all(sites.map(async (site) => tagOf(await lab.image(service, site))))
}

test('ten deploys in a row, on both sites under work: no request fails, every picture is drawn', async () => {
  people = new People(lab.name)
  for (const tagFor of [() => 'next', (service: string) => tagOf(first[service] ?? '')])
    for (const service of services) {
      expect(await deploy(service, tagFor(service))).toMatchObject({
        outcome: 'done',
        exitCode: 0,
        error: null,
      })
      expect(await everywhere(service)).toEqual([tagFor(service), tagFor(service)])
    }
  for (const {saved, ordered, failed} of await people.goHome()) {
    expect(failed).toEqual([])
    expect(saved.length).toBeGreaterThan(200)
    expect(ordered.length).toBeGreaterThan(50)
  }
}, 900_000)

describe('the gateway, by a canary behind the ingress of each site', () => {
  // So many requests that it can be judged, also on a busy machine.
  const canary = ['--canary', '40%', '--canary-for', '60s'] as const

  beforeEach(() => {
    people = new People(lab.name, 30081)
  })

  test('a good version passes by what Prometheus and both versions tell, and no request fails', async () => {
    const report = await deploy('gateway', 'next', ...canary)
    expect(report).toMatchObject({outcome: 'done', exitCode: 0, error: null})
    expect(await everywhere('gateway')).toEqual(['next', 'next'])
    for (const {failed} of (await people?.goHome()) ?? []) expect(failed).toEqual([])
  }, 600_000)

  test('a broken one is taken back by itself, with the reason, before the other site has seen it', async () => {
    const before = await everywhere('gateway')
    const report = await deploy('gateway', 'broken', ...canary)
    expect(report).toMatchObject({outcome: 'undone', error: {code: 'CANARY_FAILED'}})
    expect(report.error.message).toMatch(/the canary failed \d+ of \d+/)
    expect(await everywhere('gateway')).toEqual(before)
    const [rack, aws] = (await people?.goHome()) ?? []
    // Of its part of the requests, and of them alone.
    expect(rack?.failed.length).toBeGreaterThan(0)
    expect(rack?.failed.length).toBeLessThan(rack?.saved.length ?? 0)
    expect(aws?.failed).toEqual([])
    // Nothing of the canary is left.
    expect(await lab.kubectl('rack', 'get', 'deployments,ingresses', '--output=name')).not.toContain('canary')
  }, 600_000)
})

test('pp rollback brings back the version before on both sites, and the history tells', async () => {
  expect(await deploy('collab', 'next')).toMatchObject({outcome: 'done'})
  people = new People(lab.name)
  const back = reportOf(await lab.pp(['rollback', 'collab', '--yes', '--json']))
  expect(back).toMatchObject({outcome: 'done', exitCode: 0})
  expect(await everywhere('collab')).toEqual(sites.map(() => tagOf(first.collab ?? '')))
  for (const {failed} of await people.goHome()) expect(failed).toEqual([])
  const {stdout} = await lab.pp(['rollout', 'history', 'collab'])
  for (const told of [...sites, 'next', tagOf(first.collab ?? '')]) expect(stdout).toContain(told)
})
