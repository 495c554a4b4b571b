import {createHash} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {packageRoot} from '../../package-root.ts'
import {baseFolder} from '../paths.ts'
import type {ImageFile} from './image.ts'

/** Raised when the way they are built changes, so that older folders are not taken for new ones. */
const recipe = 1

/** A program that is built from its Go module when the machine has none. */
export interface GoProgram {
  readonly name: string
  /** Folder below `modules/` whose go.mod names the version, and whose go.sum the hashes it is checked by. */
  readonly module: string
  /** What is built in that module. */
  readonly package: string
  /** Arguments with which one that the machine has says its version; none where that one would not do. */
  readonly versionArguments?: readonly string[]
}

const kubernetes = (name: string, ...versionArguments: readonly string[]): GoProgram => ({
  name,
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  versionArguments,
})

export const kubelet = kubernetes('kubelet', '--version')

/** What runs on the hosts of a cluster. */
const hostPrograms: readonly GoProgram[] = [
  {name: 'etcd', module: 'etcd', package: 'go.etcd.io/etcd/server/v3', versionArguments: ['--version']},
  kubernetes('kube-apiserver', '--version'),
  kubernetes('kube-controller-manager', '--version'),
  kubernetes('kube-scheduler', '--version'),
  kubernetes('kube-proxy', '--version'),
  kubelet,
  kubernetes('kubectl', 'version', '--client'),
]

/** An S3 server: what the bundled services keep their files in where there is no AWS. */
export const versitygw: GoProgram = {
  name: 'versitygw',
  module: 'versitygw',
  package: 'github.com/versity/versitygw/cmd/versitygw',
}

/** KEDA: what moves the number of a service's Pods, and what tells the API server its measures. */
const kedaPrograms: readonly GoProgram[] = [
  {name: 'keda', module: 'keda', package: 'github.com/kedacore/keda/v2/cmd/operator'},
  {name: 'keda-adapter', module: 'keda', package: 'github.com/kedacore/keda/v2/cmd/adapter'},
]

/** What runs in Pods: each alone in an image of its own, so it must need no library. */
const podPrograms: readonly GoProgram[] = [
  {name: 'coredns', module: 'coredns', package: 'github.com/coredns/coredns'},
  {
    name: 'metrics-server',
    module: 'metrics-server',
    package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
  },
  {name: 'hello', module: 'hello', package: 'pp.lab/hello'},
  versitygw,
  ...kedaPrograms,
  // What leads requests from outside to services.
  {name: 'traefik', module: 'traefik', package: 'github.com/traefik/traefik/v3/cmd/traefik'},
]

export const allPrograms: readonly GoProgram[] = [...hostPrograms, ...podPrograms]

/** Builds the services' manifests and decodes them as the API server does: `npm run check`. */
export const manifests: GoProgram = {name: 'manifests', module: 'manifests', package: 'pp.lab/manifests'}

/** Plays the kubelets of nodes that are only objects. */
export const kwok: GoProgram = {name: 'kwok', module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok'}

export const moduleFolder = (module: string): string => join(packageRoot, 'src/lib/lab/modules', module)

/** What KWOK makes of the nodes and Pods that it plays: without it, it plays nothing. */
export const kwokStages: string = join(moduleFolder(kwok.module), 'stages.yaml')

/** Text of what decides how a module is built: what it requires, and what is our own. */
const moduleText = (module: string): string =>
  readdirSync(moduleFolder(module), {recursive: true, encoding: 'utf8'})
    .filter((file) => /(?:^|\/)go\.(?:mod|sum)$|\.go$/.test(file))
    .sort()
    .map((file) => readFileSync(join(moduleFolder(module), file), 'utf8'))
    .join('')

/** The pinned version, without its v, as the module's go.mod requires it; ours has none. */
export function pinnedVersion({module, package: path}: GoProgram): string {
  const required = [...moduleText(module).matchAll(/^(?:require|\t)\s*(\S+) v(\d+\.\d+\.\d+)/gm)]
  const found = required.filter(([, name = '']) => path === name || path.startsWith(`${name}/`))
  return found.sort(([, one = ''], [, other = '']) => other.length - one.length)[0]?.[2] ?? '1.0.0'
}

/** Name of the cached folder that holds these versions of all programs. */
export function programsName(): string {
  const modules = [...new Set(allPrograms.map(({module}) => module))].map(moduleText)
  const text = JSON.stringify([recipe, allPrograms, modules, process.arch])
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return `kubernetes-${pinnedVersion(kubelet)}-${hash}`
}

/** Where one is that no cluster needs, and that is built alone. */
export function programPath(program: GoProgram): string {
  const text = JSON.stringify([recipe, program, moduleText(program.module), process.arch])
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return join(baseFolder(), `${program.name}-${pinnedVersion(program)}-${hash}`, program.name)
}

/** In the folder of the programs: the kinds of objects that KEDA's module defines. */
export const kedaKindsFile = 'keda-kinds.yaml'

/** Where the programs are, in `bin` and `images`. */
export const programsPath = (): string => join(baseFolder(), programsName())

/** The S3 server's, as Pods name it. */
export const storeImage = `pp.lab/versitygw:${pinnedVersion(versitygw)}`

/** The image of each program that runs in Pods; the files lie in this folder, or where a host has it mounted. */
export const podImages = (folder: string): readonly (ImageFile & {readonly program: string})[] =>
  podPrograms.map((program) => ({
    program: program.name,
    name: `pp.lab/${program.name}:${pinnedVersion(program)}`,
    file: join(folder, 'images', `${program.name}.tar`),
  }))
