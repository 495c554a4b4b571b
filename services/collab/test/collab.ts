import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import {fileURLToPath} from 'node:url'

/** An instance of the service as a process of its own. */
export interface TestCollab {
  readonly port: number
  readonly url: string
  readonly pid: number
  /** Its log, and what it has printed otherwise. */
  readonly lines: readonly string[]
  /** SIGTERM. @returns its exit status. */
  stop(): Promise<number | null>
  /** kill -9 */
  kill(): Promise<void>
  get(path: string): Promise<Response>
}

/** @param port 0: a free one. */
export async function startCollab(env: Readonly<Record<string, string>>, port = 0): Promise<TestCollab> {
  const child = spawn(process.execPath, ['--import', '@pixelpulse/common/tracing', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  createInterface({input: child.stderr}).on('line', (line) => lines.push(line))
  const listening = await new Promise<number>((resolve, reject) => {
    createInterface({input: child.stdout}).on('line', (line) => {
      lines.push(line)
      const [, found] = /Server listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? []
      if (found) resolve(Number(found))
    })
    child.once('close', () => reject(new Error(lines.join('\n'))))
  })
  const end = async (signal: NodeJS.Signals) => {
    if (isOver(child)) return
    const closed = once(child, 'close')
    child.kill(signal)
    await closed
  }
  return {
    port: listening,
    url: `ws://127.0.0.1:${listening}`,
    pid: child.pid!,
    lines,
    async stop() {
      await end('SIGTERM')
      return child.exitCode
    },
    kill: () => end('SIGKILL'),
    get: (path) => fetch(`http://127.0.0.1:${listening}${path}`),
  }
}

const isOver = ({exitCode, signalCode}: ChildProcess) => exitCode !== null || signalCode !== null
