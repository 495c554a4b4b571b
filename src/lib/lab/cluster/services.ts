import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join, relative} from 'node:path'
import {runProgram, tryProgram, type Argv} from '../../drivers/machine/program.ts'
import {PpError} from '../../errors.ts'
import type {Progress} from '../../output/progress.ts'
import {withDatabase} from '../../../../services/names.ts'
import {packageRoot} from '../../package-root.ts'
import {applicationUrl} from '../application-url.ts'
import {writeWhole} from '../files.ts'
import {labPaths} from '../paths.ts'
import type {Site} from '../sites.ts'
import {clusterSites, findHost, type LabRecord} from '../state.ts'
import {controlPlaneOf} from './nodes.ts'
import {programsPath, storeImage} from './programs.ts'
import type {ServiceImages} from './service-images.ts'

const namespace = 'pixelpulse'
const bucket = 'pixelpulse'
/** As services/k8s/lab has it. */
const storePort = 30070

/** The store that images are sent to. */
const storeUrl = (record: LabRecord) => `http://${findHost(record, 'node1').ip}:${storePort}`

/**
 * Runs the bundled services in the lab's clusters, with the lab's database behind its poolers and a store of their own, both on
 * the rack: secrets, migrations, then the same manifests as on a site.
 *
 * @throws PpError LAB_UNHEALTHY naming what does not become ready.
 */
export async function servicesUp(
  record: LabRecord,
  images: ServiceImages,
  progress: Progress,
): Promise<void> {
  progress.start('services', 'run the services')
  const folder = await writeKustomizations(record, images)
  const sites = clusterSites(record)
  for (const site of sites)
    await kubectl(
      record,
      site,
      ['apply', '--filename', '-'],
      JSON.stringify(await firstObjects(record, site)),
    )
  progress.detail('services', 'migrations')
  const migrations = ['--namespace', namespace, '--selector=app.kubernetes.io/component=migrate']
  await kubectl(record, 'rack', ['delete', 'jobs', ...migrations, '--ignore-not-found', '--wait'])
  await kubectl(record, 'rack', ['apply', '--kustomize', join(folder, 'migrate')])
  await kubectl(record, 'rack', ['wait', 'jobs', ...migrations, '--for=condition=complete', '--timeout=180s'])
  progress.detail('services', 'the services')
  for (const site of sites) await kubectl(record, site, ['apply', '--kustomize', join(folder, site)])
  // The store begins only where whoever hears its events is there; the others are ready once it is.
  await kubectl(record, 'rack', [
    'rollout',
    'status',
    '--namespace',
    namespace,
    'deployment/thumbnails',
    '--timeout=180s',
  ])
  await kubectl(record, 'rack', ['apply', '--filename', '-'], JSON.stringify(listOf(storeObjects())))
  await Promise.all(sites.map((site) => waitForServices(record, site)))
  progress.done('services', 'the services are ready')
}

async function waitForServices(record: LabRecord, site: Site): Promise<void> {
  const waiting = ['rollout', 'status', 'deployments', '--namespace', namespace, '--timeout=240s']
  const {status, stderr, stdout} = await tryProgram(kubectlArguments(record, site, waiting))
  if (status === 0) return
  throw new PpError('degraded', 'LAB_UNHEALTHY', {
    message: `The services of lab "${record.name}" on ${site} do not become ready: ${(stderr || stdout).trim().split('\n').at(-1) ?? ''}`,
    hint: `Look inside: pp lab shell ${controlPlaneOf[site]}`,
  })
}

/** What has to be there before anything runs: namespaces and secrets. */
async function firstObjects(record: LabRecord, site: Site): Promise<object> {
  const [url, storeKey, keySecret] = await Promise.all([
    applicationUrl(record),
    ownSecret(record, 'store'),
    ownSecret(record, 'auth-key'),
  ])
  const store = {AWS_ACCESS_KEY_ID: 'pixelpulse', AWS_SECRET_ACCESS_KEY: storeKey}
  const dataOf: Readonly<Record<string, Record<string, string>>> = {
    auth: {DATABASE_URL: url, AUTH_KEY_SECRET: keySecret},
    projects: {DATABASE_URL: url, ...store},
    render: {DATABASE_URL: url, ...store},
    collab: {DATABASE_URL: url},
    thumbnails: store,
  }
  const namespaceOf = (name: string) => ({apiVersion: 'v1', kind: 'Namespace', metadata: {name}})
  const items = [
    namespaceOf(namespace),
    ...Object.entries(dataOf).map(([name, data]) => secretOf(name, namespace, data)),
  ]
  if (site !== 'rack') return listOf(items)
  return listOf([
    ...items,
    namespaceOf('store'),
    secretOf('store', 'store', {ROOT_ACCESS_KEY: store.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: storeKey}),
  ])
}

const listOf = (items: readonly object[]) => ({apiVersion: 'v1', kind: 'List', items})

const secretOf = (name: string, namespaceOf: string, stringData: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {name, namespace: namespaceOf},
  stringData,
})

/** A secret of the services' that the playbooks know nothing of: 32 bytes in base64, made once for a lab. */
async function ownSecret({name}: LabRecord, of: string): Promise<string> {
  const file = join(labPaths(name).secrets, `services-${of}`)
  if (!existsSync(file)) await writeFile(file, randomBytes(32).toString('base64'), {mode: 0o600})
  return readFile(file, 'utf8')
}

/** An S3 server that keeps its objects on the disk of a node. */
function storeObjects(): readonly object[] {
  const labels = {'app.kubernetes.io/name': 'store'}
  const metadata = {name: 'store', namespace: 'store'}
  const data = '/var/lib/pixelpulse-store'
  const args = [
    // The page has two origins: a port of the gateway's own, and that of the ingress.
    ...['--port', ':7070', '--quiet', '--cors-allow-origin', '*'],
    ...['--event-webhook-url', `http://thumbnails.${namespace}/events`, 'posix', data],
  ]
  const container = {
    name: 'store',
    image: storeImage,
    imagePullPolicy: 'IfNotPresent',
    args,
    envFrom: [{secretRef: {name: 'store'}}],
    ports: [{containerPort: 7070}],
    readinessProbe: {tcpSocket: {port: 7070}, periodSeconds: 1},
    securityContext: {runAsUser: 0},
    volumeMounts: [{name: 'bucket', mountPath: `${data}/${bucket}`}],
  }
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        strategy: {type: 'Recreate'},
        selector: {matchLabels: labels},
        template: {
          metadata: {labels},
          spec: {
            nodeSelector: {'kubernetes.io/hostname': 'node1'},
            containers: [container],
            // Each folder in its data is a bucket.
            volumes: [{name: 'bucket', hostPath: {path: `${data}/${bucket}`, type: 'DirectoryOrCreate'}}],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {type: 'NodePort', selector: labels, ports: [{port: 7070, nodePort: storePort}]},
    },
  ]
}

/** The site's manifests with what only this lab knows: the tags of its images, and where its store is. */
async function writeKustomizations(record: LabRecord, images: ServiceImages): Promise<string> {
  const folder = join(labPaths(record.name).state, 'services')
  await rm(folder, {recursive: true, force: true})
  const tags = images.names.map((image) => {
    const at = image.lastIndexOf(':')
    return {name: image.slice(0, at), newTag: image.slice(at + 1)}
  })
  const store = storeUrl(record)
  const own = {
    configMapGenerator: [
      {
        name: 'site',
        behavior: 'merge',
        literals: [`S3_ENDPOINT=${store}`, `S3_PUBLIC_ENDPOINT=${store}`],
      },
    ],
  }
  const written = {
    rack: {resources: ['services/k8s/lab'], ...own},
    aws: {resources: ['services/k8s/lab-aws'], ...own},
    migrate: {resources: withDatabase.map((name) => `services/${name}/k8s/migrate`)},
  }
  for (const [name, {resources, ...rest}] of Object.entries(written)) {
    const place = join(folder, name)
    await mkdir(place, {recursive: true})
    const paths = resources.map((path) => relative(place, join(packageRoot, path)))
    await writeWhole(
      join(place, 'kustomization.yaml'),
      JSON.stringify({namespace, resources: paths, images: tags, ...rest}),
    )
  }
  return folder
}

/** As an operator has it, over the network. The API server may just be starting. */
async function kubectl(
  record: LabRecord,
  site: Site,
  args: readonly string[],
  input?: string,
): Promise<string> {
  return runProgram(kubectlArguments(record, site, args), {
    ...(input !== undefined && {input}),
    timeoutSeconds: 300,
  })
}

const kubectlArguments = ({name}: LabRecord, site: Site, args: readonly string[]): Argv => [
  join(programsPath(), 'bin/kubectl'),
  ...['--kubeconfig', labPaths(name).kubeconfig, '--context', site, ...args],
]
