// Runs the function where there is no AWS: takes a bucket's events at HOST:PORT/events.
import {readSettings, serverSettings, storageSettings} from '@pixelpulse/common/settings'
import {createStorage} from '@pixelpulse/common/storage'

import {createHandler} from './handler.ts'
import {startInvoker} from './invoker.ts'
import {serveInvocations} from './runtime.ts'

const settings = readSettings(serverSettings.extend(storageSettings.shape))
const invoker = await startInvoker({host: settings.HOST, port: settings.PORT})
const ended = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.abort())
await serveInvocations(invoker.runtimeApi, createHandler(createStorage(settings)), ended.signal).catch(
  (error: unknown) => {
    if (!ended.signal.aborted) throw error
  },
)
await invoker.close()
