import {execFile, spawn, type ChildProcess} from 'node:child_process'
import {mkdtemp, rm, chmod} from 'node:fs/promises'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {promisify} from 'node:util'

export const run = promisify(execFile)

/** Server programs refuse to run as root; they run as this account then. */
export const unprivileged =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : []

/** A folder that every account may enter; short, since Unix sockets in it have at most 107 characters. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pp-'))
  await chmod(folder, 0o755)
  return folder
}

export const removeFolder = (folder: string): Promise<void> => rm(folder, {recursive: true, force: true})

export interface Server {
  readonly child: ChildProcess
  readonly log: () => string
  stop(): Promise<void>
}

/** Starts a server in the foreground and waits until it accepts connections, on a Unix socket too where one is named. */
export async function startServer(argv: readonly string[], port: number, socket?: string): Promise<Server> {
  const [program, ...args] = argv
  const child = spawn(program ?? '', args, {stdio: ['ignore', 'pipe', 'pipe']})
  let log = ''
  const keep = (chunk: Buffer): void => {
    log += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve()
    }),
  )
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
    await ended
    clearTimeout(timer)
  }
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`${argv.join(' ')} ended with ${child.exitCode}:\n${log}`)
    if ((await answers({host: '127.0.0.1', port})) && (!socket || (await answers({path: socket}))))
      return {child, log: () => log, stop}
    await sleep(25)
  }
  await stop()
  throw new Error(`${argv.join(' ')} does not listen on ${port}:\n${log}`)
}

const answers = (
  place: {readonly host: string; readonly port: number} | {readonly path: string},
): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(place)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
