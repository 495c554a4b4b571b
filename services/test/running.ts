import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, realpath, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

import {until} from './until.ts'

/** What `npm run services` starts, with a state folder of a test's own. */
export interface Running {
  readonly process: ChildProcess
  readonly state: string
  untilPrinted(text: string, seconds?: number): Promise<void>
  /** Ends it, and removes what it has stored. */
  remove(): Promise<void>
}

/** @param lab whose database they use; without one they have their own. */
export async function startServices(lab?: string): Promise<Running> {
  const state = await mkdtemp(path.join(tmpdir(), 'pp-services-'))
  const main = fileURLToPath(new URL('../run/services.ts', import.meta.url))
  const services = spawn(process.execPath, [main, ...(lab === undefined ? [] : ['--lab'])], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ...(lab === undefined ? {XDG_STATE_HOME: state} : {PP_LAB: lab, PP_SERVICES_STATE: state}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [services.stdout, services.stderr])
    stream.on('data', (data: Buffer) => (printed += data.toString()))
  const running: Running = {
    process: services,
    state,
    async untilPrinted(text, seconds = 280) {
      await until(
        text,
        () => {
          if (services.exitCode !== null) throw new Error(printed)
          return Promise.resolve(printed.includes(text))
        },
        seconds,
      ).catch((error: unknown) => {
        throw new Error(printed, {cause: error})
      })
    },
    async remove() {
      if (services.exitCode === null) {
        services.kill('SIGINT')
        await once(services, 'close')
      }
      const data = await realpath(path.join(state, 'pp/services/postgres')).catch(() => state)
      for (const folder of [data, state]) await rm(folder, {recursive: true, force: true})
    },
  }
  await running.untilPrinted('PixelPulse is up').catch(async (error: unknown) => {
    await running.remove()
    throw error
  })
  return running
}
