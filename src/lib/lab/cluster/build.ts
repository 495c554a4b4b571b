import {chmod, copyFile, mkdir, writeFile} from 'node:fs/promises'
import {delimiter, dirname, join} from 'node:path'
import {runProgram, tryProgram} from '../../drivers/machine/program.ts'
import type {Progress} from '../../output/progress.ts'
import {makeOnce} from '../made-once.ts'
import {writeImage} from './image.ts'
import {
  allPrograms,
  kedaKindsFile,
  moduleFolder,
  pinnedVersion,
  podImages,
  programPath,
  programsPath,
  type GoProgram,
} from './programs.ts'
import {findGo} from './toolchain.ts'

/**
 * Real Kubernetes programs, and the images of what runs in its Pods: found on this machine or built from their Go modules,
 * once for all labs. Cold it takes some twenty minutes on two processors.
 *
 * @returns the folder that holds them in `bin` and `images`.
 */
export async function ensurePrograms(progress: Progress, signal?: AbortSignal): Promise<string> {
  const folder = programsPath()
  await makeOnce(folder, async (making) => {
    await mkdir(join(making, 'bin'), {recursive: true})
    await mkdir(join(making, 'images'))
    for (const [index, program] of allPrograms.entries()) {
      signal?.throwIfAborted()
      const title = `${program.name} ${pinnedVersion(program)} (${index + 1} of ${allPrograms.length})`
      progress.start(program.name, `build ${title}`)
      progress.done(program.name, await provide(program, join(making, 'bin', program.name), progress, signal))
    }
    await writeKedaKinds(making, progress, signal)
    for (const {program, ...image} of podImages(making)) await writeImage(image, join(making, 'bin', program))
  })
  return folder
}

/** One program alone, built from its Go module where that has not been done. @returns its file. */
export async function ensureProgram(
  program: GoProgram,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> {
  const file = programPath(program)
  await makeOnce(dirname(file), async (making) => {
    await mkdir(making)
    progress.start(program.name, `build ${program.name} ${pinnedVersion(program)}, once`)
    progress.done(program.name, await provide(program, join(making, program.name), progress, signal))
  })
  return file
}

/** @returns what was done, in words. */
async function provide(
  program: GoProgram,
  file: string,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<string> {
  const found = await findProgram(program)
  if (found === undefined) {
    await build(await findGo(progress), program, file, signal)
    return `${program.name} ${pinnedVersion(program)} is built`
  }
  await copyFile(found, file)
  await chmod(file, 0o755)
  return `${program.name} is taken from ${found}`
}

/** One that the machine has, where its minor version is the pinned one: parts of one cluster must fit together. */
async function findProgram(program: GoProgram): Promise<string | undefined> {
  if (!program.versionArguments) return undefined
  const {KUBEBUILDER_ASSETS = '', PATH = ''} = process.env
  const minor = pinnedVersion(program).replace(/\.\d+$/, '.')
  for (const folder of [KUBEBUILDER_ASSETS, ...PATH.split(delimiter)].filter((one) => one.startsWith('/'))) {
    const file = join(folder, program.name)
    const {status, stdout} = await tryProgram([file, ...program.versionArguments], {timeoutSeconds: 10})
    if (status === 0 && new RegExp(`\\bv?${minor.replaceAll('.', '\\.')}\\d+`).test(stdout)) return file
  }
  return undefined
}

const goEnvironment = {
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -trimpath -buildvcs=false',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
}

async function build(go: string, program: GoProgram, file: string, signal?: AbortSignal): Promise<void> {
  const flags = ['-s', '-w', ...versionFlags(program)].join(' ')
  await runProgram(['nice', '-n', '19', go, 'build', '-o', file, '-ldflags', flags, program.package], {
    cwd: moduleFolder(program.module),
    env: goEnvironment,
    ...(signal && {signal}),
  })
}

/** From the folder of KEDA's module, with the patches that KEDA itself ships them with. */
async function writeKedaKinds(making: string, progress: Progress, signal?: AbortSignal): Promise<void> {
  const asked = ['list', '-f', '{{.Dir}}', '-m', 'github.com/kedacore/keda/v2']
  const options = {cwd: moduleFolder('keda'), env: goEnvironment, ...(signal && {signal})}
  const folder = await runProgram([await findGo(progress), ...asked], options)
  const kubectl = join(making, 'bin/kubectl')
  const kinds = await runProgram([kubectl, 'kustomize', join(folder.trim(), 'config/crd')], options)
  await writeFile(join(making, kedaKindsFile), kinds)
}

/** What the programs' own builds put in; Kubernetes' servers and clients compare it. */
function versionFlags(program: GoProgram): readonly string[] {
  const version = pinnedVersion(program)
  if (program.module === 'traefik') return [`-X github.com/traefik/traefik/v3/pkg/version.Version=${version}`]
  if (program.module === 'keda') return [`-X github.com/kedacore/keda/v2/version.Version=${version}`]
  if (program.module !== 'kubernetes') return []
  const [major, minor] = version.split('.')
  const values = {gitVersion: `v${version}`, gitMajor: major, gitMinor: minor}
  return Object.entries(values).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value ?? ''}`,
  )
}
