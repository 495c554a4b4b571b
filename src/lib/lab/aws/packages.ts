import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {again} from '../../again.ts'
import {tryProgram} from '../../drivers/machine/program.ts'
import {unavailableError} from '../../errors.ts'
import type {Progress} from '../../output/progress.ts'
import {packageRoot} from '../../package-root.ts'
import {makeOnce} from '../made-once.ts'
import {baseFolder} from '../paths.ts'

const requirements = join(packageRoot, 'src/lib/lab/aws/requirements.txt')
export const emulatorProgram = join(packageRoot, 'src/lib/lab/aws/emulator.py')

/** For the Python of the hosts, which need not be this machine's. */
const hostsPython = '3.11'
const architectures: Readonly<Record<string, string>> = {x64: 'x86_64', arm64: 'aarch64'}

/** Where moto and what it needs lies, for all labs. */
export function emulatorPackages(): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([hostsPython, process.arch]))
    .update(readFileSync(requirements))
  return join(baseFolder(), `moto-${hash.digest('hex').slice(0, 12)}`)
}

/** Fetches the emulator of AWS with pip, checked against pinned hashes. @throws PpError LAB_NO_MOTO. */
export async function ensureEmulatorPackages(progress: Progress): Promise<void> {
  await makeOnce(emulatorPackages(), async (making) => {
    progress.start('moto', 'fetch moto, the emulator of AWS, once (30 MB)')
    await mkdir(making)
    const architecture = architectures[process.arch] ?? process.arch
    const {status, stderr} = await tryProgram([
      ...(['python3', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'] as const),
      ...['--no-deps', '--no-compile', '--only-binary=:all:', '--require-hashes'],
      ...[
        '--python-version',
        hostsPython,
        '--implementation',
        'cp',
        '--abi',
        `cp${hostsPython.replace('.', '')}`,
      ],
      ...['manylinux2014', 'manylinux_2_28'].flatMap((tag) => ['--platform', `${tag}_${architecture}`]),
      ...['--target', making, '--requirement', requirements],
    ])
    if (status !== 0)
      throw unavailableError('LAB_NO_MOTO', {
        message: `moto, the emulator of AWS, could not be fetched: ${stderr.trim().split('\n').slice(-3).join('\n')}`,
        hint: `Install python3-pip, see that it reaches PyPI, then: ${again()}`,
      })
    progress.done('moto')
  })
}
