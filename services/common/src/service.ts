import {setTimeout as sleep} from 'node:timers/promises'

import type * as z from 'zod'

import type {App} from './app.ts'
import {sendLastTraces} from './last-traces.ts'
import {readSettings, SettingsError, type serverSettings} from './settings.ts'

type ServerSettings = z.output<typeof serverSettings>

/**
 * Runs a service until SIGTERM or SIGINT: reads its settings, builds it, listens. When it ends it first says that it is not ready
 * and serves on for DRAIN_SECONDS; then takes nothing new, and has GRACE_SECONDS for what is in flight (hooks `preClose` stop
 * workers, `onClose` closes connections).
 */
export async function runService<Schema extends z.ZodType<ServerSettings>>(
  name: string,
  schema: Schema,
  build: (settings: z.output<Schema>) => Promise<App>,
): Promise<void> {
  const settings = settingsOrEnd(name, schema)
  if (!settings) return
  const app = await build(settings)
  const ended = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.resolve(signal))
  await app.listen({host: settings.HOST, port: settings.PORT})
  const signal = await ended.promise
  app.log.info({signal}, 'stopping')
  app.drain()
  await sleep(settings.DRAIN_SECONDS * 1000)
  await closeInTime(app, settings.GRACE_SECONDS * 1000)
}

/** Settings of a program; what is wrong with them is said, and it ends with 2. */
export function settingsOrEnd<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
): z.output<Schema> | undefined {
  try {
    return readSettings(schema)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    process.stderr.write(
      `${name} cannot start; its environment is wrong:\n${error.message.replaceAll(/^/gm, '  ')}\n`,
    )
    process.exitCode = 2
    return undefined
  }
}

async function closeInTime(app: App, graceMs: number): Promise<void> {
  const late = setTimeout(() => {
    app.log.error({graceMs}, 'what was in flight did not end in time')
    // Whatever still holds the process is what did not end.
    // eslint-disable-next-line no-restricted-properties
    void sendLastTraces().finally(() => process.exit(1))
  }, graceMs)
  // One whose answer was under way already is kept open by whoever asked; nothing more comes by it.
  const idle = setInterval(() => app.server.closeIdleConnections(), 100)
  await app.close()
  clearInterval(idle)
  clearTimeout(late)
  app.log.info('stopped')
}
