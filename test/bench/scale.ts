// npm run bench:scale: pp beside kubectl on a cluster of 500 nodes and 10,000 Pods, and how long after the API server shows
// the last Pod ready pp says so. Prints a Markdown table and puts it into docs/benchmarks.md.
import {spawn} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

import * as z from 'zod'

import {openClusterToWrite} from '../../src/lib/drivers/kubernetes/open-cluster.ts'
import {packageRoot} from '../../src/lib/package-root.ts'
import {follow} from '../../src/lib/workload/follow.ts'
import {LargeCluster, namespace, service, sizes} from './scale/large-cluster.ts'
import {writeSection} from './section.ts'
import {showSpread, spreadOf} from './statistics.ts'

const rounds = Number(process.env.ROUNDS ?? 10)
const cluster = await LargeCluster.start()
const {kubeconfig = ''} = cluster.plane.access
const folder = await mkdtemp(join(tmpdir(), 'pp-bench-scale-'))
const run = join(packageRoot, 'bin/pp')
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  PP_FLEET: await writeFleet(),
  PP_ENV: '',
  PP_LAB: '',
  XDG_STATE_HOME: folder,
}
const kubectl = [cluster.kubectl, '--kubeconfig', kubeconfig]

interface Case {
  readonly title: string
  readonly argv: readonly string[]
  /** MB that it may take at most. */
  readonly limitMb?: number
}
const cases: readonly Case[] = [
  {title: '`kubectl get pods -A -o json`', argv: [...kubectl, 'get', 'pods', '-A', '-o', 'json']},
  {title: '`pp status`', argv: [run, 'status'], limitMb: 150},
  {
    title: '`kubectl scale`',
    argv: [...kubectl, 'scale', `deployment/${service}`, '-n', namespace, '--replicas=2'],
  },
  {title: '`pp scale --plan`', argv: [run, 'scale', service, '4', '--plan'], limitMb: 150},
]

try {
  for (const {argv} of cases) await measure(argv)
  const taken = cases.map(() => [] as Measured[])
  for (let round = 0; round < rounds; round++)
    for (const [index, {argv}] of cases.entries()) taken[index]!.push(await measure(argv))
  const rows = cases.map(({title, limitMb}, index) => {
    const spread = spreadOf(taken[index]!.map(({ms}) => ms))
    const peak = Math.max(...taken[index]!.map(({peakMb}) => peakMb))
    const goal = limitMb === undefined ? '' : `≤ ${limitMb} MB ${peak <= limitMb ? '✔' : '✖'}`
    return `| ${title} | ${showSpread(spread)} | ${peak.toFixed(0)} | ${goal} |`
  })
  const delays = []
  for (let round = 0; round < rounds; round++) delays.push(await noticing(round % 2 === 0 ? 12 : 24))
  const noticed = spreadOf(delays)
  const markdown = [
    '## A large cluster',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, ${rounds} rounds, load average ${loadavg()[0]?.toFixed(1)}; ${sizes.nodes} nodes and ${sizes.pods} Pods in ${sizes.namespaces} namespaces, whose kubelets KWOK plays; API server, etcd, scheduler and controllers are the real ones, on the same machine.`,
    '',
    'Milliseconds, min / **median** / p95 / max; peak of the resident memory over all rounds.',
    '',
    '| command | time | MB | goal |',
    '| --- | --- | --: | --- |',
    ...rows,
    '',
    `From the moment the API server shows the last Pod of a scale ready until \`pp scale\` says so: ${showSpread(noticed)} ms (goal ≤ 200: ${noticed.median <= 200 ? 'met' : 'missed'}).`,
  ].join('\n')
  console.log(markdown)
  writeSection('bench:scale', markdown)
} finally {
  await cluster.stop()
  await rm(folder, {recursive: true})
}

interface Measured {
  readonly ms: number
  readonly peakMb: number
}

/** Until it has ended; its output is read and thrown away. @throws Error when it fails. */
async function measure([program = '', ...args]: readonly string[]): Promise<Measured> {
  const started = performance.now()
  const child = spawn(program, args, {env, stdio: ['ignore', 'pipe', 'pipe']})
  let said = ''
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  let peakMb = 0
  const look = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (text) => (peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024)),
      () => undefined,
    )
  }, 10)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(look)
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${String(status)}: ${said}`)
  return {ms: performance.now() - started, peakMb}
}

/** Scales for real. @returns milliseconds from the last Pod's readiness in the API to the line that says so. */
async function noticing(replicas: number): Promise<number> {
  const reader = await openClusterToWrite(cluster.plane.access)
  const end = new AbortController()
  let readyAt = Number.NaN
  const pod = z.object({
    metadata: z.object({deletionTimestamp: z.string().optional()}),
    status: z.object({conditions: z.array(z.object({type: z.string(), status: z.string()})).default([])}),
  })
  const following = follow(reader, {
    path: `/api/v1/namespaces/${namespace}/pods`,
    schema: pod,
    query: {labelSelector: `app.kubernetes.io/name=${service}`},
    signal: end.signal,
    tell(pods) {
      const ready = pods.filter(
        ({metadata, status}) =>
          metadata.deletionTimestamp === undefined &&
          status.conditions.some(({type, status: is}) => type === 'Ready' && is === 'True'),
      )
      if (ready.length === replicas && pods.length === replicas) readyAt = performance.now()
    },
    onSilence: () => undefined,
  })
  const argv = ['scale', service, String(replicas), '--confirm', service, '--events']
  const child = spawn(run, argv, {env, stdio: ['ignore', 'pipe', 'inherit']})
  let saidAt = Number.NaN
  for await (const line of createInterface({input: child.stdout})) {
    const event = JSON.parse(line) as {event?: string; id?: string}
    if (process.env.SHOW) console.error(line)
    if (event.event === 'done' && event.id?.startsWith('ready')) saidAt = performance.now()
  }
  end.abort()
  await following
  reader.close()
  if (Number.isNaN(saidAt - readyAt)) throw new Error('nothing was said to be ready')
  return saidAt - readyAt
}

async function writeFleet(): Promise<string> {
  const inventory = join(folder, 'hosts.yaml')
  await writeFile(inventory, 'all: {}\n')
  const file = join(folder, 'fleet.yaml')
  const clusters = {rack: {site: 'rack', context: 'test', namespace, kubeconfig}}
  const services = {[service]: {clusters: ['rack']}}
  const environments = {bench: {inventory, timings: {verifySeconds: 1}, clusters, services}}
  await writeFile(
    file,
    JSON.stringify({name: 'bench', defaultEnvironment: 'bench', databases: {}, environments}),
  )
  return file
}
