import {afterAll, beforeAll, jest} from '@jest/globals'
import {execa} from 'execa'
import {join} from 'node:path'

import {createApi, type Api} from '../../services/test/api.ts'
import {until} from '../../services/test/until.ts'
import {openAws} from '../../src/lib/drivers/aws/open-aws.ts'
import type {AwsDriver, NodeGroup} from '../../src/lib/drivers/aws/types.ts'
import {awsEndpoint} from '../../src/lib/lab/aws/emulator.ts'
import {programsPath} from '../../src/lib/lab/cluster/programs.ts'
import {nodeHosts} from '../../src/lib/lab/cluster/nodes.ts'
import {pageUrl} from '../../src/lib/lab/cluster/pages.ts'
import {inHost, labDown, labPaths, labUp, requireRecord} from '../../src/lib/lab/index.ts'
import type {Site} from '../../src/lib/lab/sites.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {lab as ordinaryLab} from './name.ts'
import {endStarted, startPp, type Ended, type PpOptions, type Started} from './pp.ts'

const minutes = 60_000

/** PixelPulse on both sites, for all tests of a file: its operators, its users, and what they cannot see. */
export class FullLab {
  readonly name: string
  #aws: AwsDriver | undefined

  /** @param letter makes the lab's name the file's own. */
  constructor(letter: string) {
    this.name = `${ordinaryLab}${letter}`
    jest.setTimeout(6 * minutes)
    const progress = createProgress({stream: {write: () => true}})
    beforeAll(async () => {
      await labDown(this.name)
      const {record} = await labUp(this.name, {progress, profile: 'full'})
      const credentials = {accessKeyId: 'lab', secretAccessKey: 'lab'}
      const endpoint = awsEndpoint(record)
      this.#aws = openAws({name: 'aws', cluster: 'pixelpulse', region: 'us-east-1', endpoint, credentials})
    }, 60 * minutes) // programs and images may have to be built first
    afterAll(async () => {
      await endStarted()
      this.#aws?.close()
      await labDown(this.name)
      await progress.end()
    }, 5 * minutes)
  }

  get aws(): AwsDriver {
    if (!this.#aws) throw new Error(`the lab ${this.name} is not up`)
    return this.#aws
  }

  async group(name: string): Promise<NodeGroup> {
    const found = (await this.aws.listNodeGroups()).find((group) => group.name === name)
    if (!found) throw new Error(`there is no group ${name}`)
    return found
  }

  /** What people use of a site. */
  async page(site: Site): Promise<Api> {
    return createApi(pageUrl(await requireRecord(this.name), site))
  }

  start(argv: readonly string[], options: PpOptions = {}): Started {
    return startPp(argv, {...options, env: {PP_LAB: this.name, ...options.env}})
  }

  pp(argv: readonly string[], options?: PpOptions): Promise<Ended> {
    return this.start(argv, options).ended
  }

  kubectl(site: Site, ...args: readonly string[]): Promise<string> {
    return this.#kubectlWith(site, args, '')
  }

  /** @throws Error where the program does not end with 0. */
  async onEachNode(argv: readonly [string, ...string[]]): Promise<void> {
    const record = await requireRecord(this.name)
    for (const {name} of (['rack', 'aws'] as const).flatMap((site) => nodeHosts(record, site))) {
      const {status, stderr} = await inHost(this.name, name, argv)
      if (status !== 0) throw new Error(`${argv[0]} on ${name}: ${stderr}`)
    }
  }

  /** What a service runs, with its tag. */
  image(service: string, site: Site = 'rack'): Promise<string> {
    return this.kubectl(site, 'get', `deployment/${service}`, '--output=jsonpath={..containers[0].image}')
  }

  /** Another tag of an image, as a version that is on every node. */
  tag(image: string, tag: string): Promise<void> {
    const tagged = withTag(image, tag)
    return this.onEachNode(['ctr', '--namespace', 'k8s.io', 'images', 'tag', '--force', image, tagged])
  }

  /** Takes so much of the first node of the pool `render` in AWS that three more Pods of render fit. */
  async fillNode(): Promise<void> {
    const plan = async (...more: readonly string[]): Promise<Planned> => {
      const {stdout} = await this.pp(['scale', 'render', '--site', 'aws', ...more, '--plan', '--json'])
      const [cluster] = (JSON.parse(stdout) as {clusters: readonly Planned[]}).clusters
      if (!cluster) throw new Error(`the plan has no cluster: ${stdout}`)
      return cluster
    }
    await this.#pinOthers()
    const each = (await plan('2')).requests.cpu
    const {placements} = await plan('900', '--allow-partial')
    const room = placements.reduce((sum, {pods}) => sum + pods, 0)
    const container = {
      name: 'filler',
      image: await this.image('render', 'aws'),
      command: ['node', '-e', 'setInterval(() => 1, 1e6)'],
      resources: {requests: {cpu: `${(room - 3) * each}m`, memory: '16Mi'}},
    }
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name: 'filler', namespace: 'default'},
      spec: {nodeSelector: {'pixelpulse.io/pool': 'render'}, containers: [container]},
    }
    const apply = ['apply', '--namespace=default', '--filename', '-']
    await this.#kubectlWith('aws', apply, JSON.stringify(pod))
    const wait = ['--namespace=default', 'pod/filler', '--for=condition=Ready', '--timeout=60s']
    await this.kubectl('aws', 'wait', ...wait)
  }

  /** Two Pods each of the other services in AWS: one that their HPAs start would take the room, and keep a node that render has left. */
  async #pinOthers(): Promise<void> {
    const names = await this.kubectl('aws', 'get', 'hpa', '--output=jsonpath={..metadata.name}')
    const two = JSON.stringify({spec: {minReplicas: 2, maxReplicas: 2}})
    for (const name of names.split(' ').filter((name) => name !== 'render')) {
      await this.kubectl('aws', 'patch', 'hpa', name, '--type=merge', `--patch=${two}`)
      const isSo = async () => (await this.#podsOf(name)) === '2 2 2'
      await until(`two Pods of ${name}`, isSo, 90)
    }
  }

  /** Of a service in AWS: how many are wanted, are Ready, and are there, those that end among them. */
  async #podsOf(service: string): Promise<string> {
    const counts = '--output=jsonpath={.spec.replicas} {.status.readyReplicas}'
    const selector = `--selector=app.kubernetes.io/name=${service}`
    const pods = await this.kubectl('aws', 'get', 'pods', selector, '--output=name')
    return `${await this.kubectl('aws', 'get', `deployment/${service}`, counts)} ${pods.trim().split('\n').length}`
  }

  async #kubectlWith(site: Site, args: readonly string[], input: string): Promise<string> {
    const {kubeconfig} = labPaths(this.name)
    const {stdout} = await execa(
      join(programsPath(), 'bin/kubectl'),
      ['--kubeconfig', kubeconfig, '--context', site, '--namespace', 'pixelpulse', ...args],
      {input},
    )
    return stdout
  }
}

export const withTag = (image: string, tag: string): string =>
  `${image.slice(0, image.lastIndexOf(':'))}:${tag}`

interface Planned {
  readonly requests: {readonly cpu: number}
  readonly placements: readonly {readonly pods: number}[]
}
