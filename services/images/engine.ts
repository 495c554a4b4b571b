import {runProgram, tryProgram} from '../../src/lib/drivers/machine/program.ts'

export interface Build {
  readonly image: string
  /** undefined: the file needs none. */
  readonly base?: string
  /** What the file copies from. */
  readonly folder: string
  /** The Containerfile, from the folder. */
  readonly file: string
}

/** What builds images on this machine and keeps them. */
export interface Engine {
  has(image: string): Promise<boolean>
  build(build: Build): Promise<void>
  push(image: string): Promise<void>
}

/** buildah, else Docker. @throws Error where there is neither. */
export async function findEngine(): Promise<Engine> {
  if (await runs('buildah')) return buildah
  if (await runs('docker')) return docker
  throw new Error('Images are built by buildah or Docker, and neither works here. Try: bin/setup --images')
}

const runs = async (program: string) => (await tryProgram([program, 'version'])).status === 0
const options = ({image, base, folder, file}: Build) => [
  ...(base === undefined ? [] : ['--build-arg', `BASE=${base}`]),
  ...['--build-arg', `IMAGE=${image}`],
  ...['--file', `${folder}/${file}`, '--tag', image, folder],
]

const buildah: Engine = {
  has: async (image) => (await tryProgram(['buildah', 'inspect', '--type', 'image', image])).status === 0,
  async build(build) {
    // The same content makes the same layers, whenever it is built.
    await runProgram(['buildah', 'build', '--quiet', '--layers', '--timestamp', '0', ...options(build)])
  },
  async push(image) {
    await runProgram(['buildah', 'push', '--quiet', image])
  },
}

const docker: Engine = {
  has: async (image) => (await tryProgram(['docker', 'image', 'inspect', image])).status === 0,
  async build(build) {
    await runProgram(['docker', 'build', '--quiet', ...options(build)])
  },
  async push(image) {
    await runProgram(['docker', 'push', '--quiet', image])
  },
}
