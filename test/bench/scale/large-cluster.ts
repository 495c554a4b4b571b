import {execa} from 'execa'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {ensureProgram, ensurePrograms} from '../../../src/lib/lab/cluster/build.ts'
import {kwok, kwokStages, programsPath} from '../../../src/lib/lab/cluster/programs.ts'
import {createProgress} from '../../../src/lib/output/progress.ts'
import {ControlPlane} from '../../in-lab/control-plane.ts'

export const sizes = {nodes: 500, pods: 10_000, namespaces: 20}
export const namespace = 'space-0'
export const service = 'render'
const atOnce = 16

/** A real API server with the controllers of Deployments, 500 nodes whose kubelets KWOK plays, and 10,000 Pods that run there. */
export class LargeCluster {
  readonly plane: ControlPlane
  readonly kubectl = join(programsPath(), 'bin/kubectl')
  readonly #stop: () => Promise<void>

  private constructor(plane: ControlPlane, stop: () => Promise<void>) {
    this.plane = plane
    this.#stop = stop
  }

  static async start(): Promise<LargeCluster> {
    const progress = createProgress()
    const programs = await ensurePrograms(progress)
    const player = await ensureProgram(kwok, progress)
    progress.start('fill', `${sizes.nodes} nodes and ${sizes.pods} Pods`)
    const plane = await ControlPlane.start(join(programs, 'bin'))
    const kubeconfig = `--kubeconfig=${plane.access.kubeconfig ?? ''}`
    const abort = new AbortController()
    const run = (program: string, ...args: readonly string[]) =>
      execa(program, args, {reject: false, cancelSignal: abort.signal, stdio: 'ignore'})
    const running = [
      run(
        join(programs, 'bin/kube-controller-manager'),
        kubeconfig,
        '--leader-elect=false',
        '--secure-port=0',
        '--controllers=deployment-controller,replicaset-controller',
      ),
      run(
        player,
        kubeconfig,
        `--config=${kwokStages}`,
        '--manage-all-nodes=true',
        '--server-address=',
        '--node-lease-duration-seconds=0',
      ),
    ]
    const cluster = new LargeCluster(plane, async () => {
      abort.abort()
      await Promise.all(running)
      await plane.stop()
    })
    await cluster.#fill()
    progress.done('fill')
    await progress.end()
    return cluster
  }

  stop(): Promise<void> {
    return this.#stop()
  }

  /** How many Pods of all namespaces run, or of one Deployment are ready. */
  async runningPods(): Promise<number> {
    const path = '/api/v1/pods?fieldSelector=status.phase%3DRunning&limit=1'
    const {metadata, items} = await this.plane.must('GET', path)
    return (items as unknown[]).length + Number(metadata.remainingItemCount ?? 0)
  }

  async #fill(): Promise<void> {
    const {plane} = this
    const put = (path: string, object: object) => plane.must('POST', path, object)
    for (let n = 0; n < sizes.namespaces; n++)
      await put('/api/v1/namespaces', {metadata: {name: `space-${n}`}})
    await each(sizes.nodes, (n) => put('/api/v1/nodes', nodeOf(n)))
    await put(`/apis/apps/v1/namespaces/${namespace}/deployments`, deployment)
    await each(sizes.pods, (n) => put(`/api/v1/namespaces/space-${n % sizes.namespaces}/pods`, podOf(n)))
    // The API server counts what is left of a selection only where it selects nothing.
    for (let look = 0; look < 1800; look++) {
      const waiting = await plane.must('GET', '/api/v1/pods?fieldSelector=status.phase%3DPending&limit=1')
      if ((waiting.items as unknown[]).length === 0) return
      await sleep(500)
    }
    throw new Error('some Pods never ran')
  }
}

async function each(count: number, make: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await make(next++)
  }
  await Promise.all(Array.from({length: atOnce}, worker))
}

const nodeOf = (n: number) => ({
  metadata: {
    name: `node-${n}`,
    labels: {
      'kubernetes.io/hostname': `node-${n}`,
      'topology.kubernetes.io/zone': `zone-${n % 3}`,
      'eks.amazonaws.com/nodegroup': n % 10 === 0 ? 'render' : 'services',
    },
  },
  status: {
    allocatable: {cpu: '16', memory: '64Gi', pods: '110'},
    capacity: {cpu: '16', memory: '64Gi', pods: '110'},
  },
})

const container = {
  name: 'main',
  image: 'docker.io/pixelpulse/service:1.0.0',
  env: Array.from({length: 12}, (_one, n) => ({name: `SETTING_${n}`, value: `value of setting ${n}`})),
  resources: {requests: {cpu: '250m', memory: '256Mi'}},
}
const labels = {'app.kubernetes.io/name': service}

const podOf = (n: number) => ({
  metadata: {name: `other-${n}`, labels: {'app.kubernetes.io/name': `other-${n % 50}`}},
  spec: {nodeName: `node-${n % sizes.nodes}`, containers: [container]},
})

const deployment = {
  metadata: {name: service},
  spec: {
    replicas: 2,
    selector: {matchLabels: labels},
    template: {metadata: {labels}, spec: {containers: [container]}},
  },
}
