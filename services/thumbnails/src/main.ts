import {readSettings, storageSettings} from '@pixelpulse/common/settings'
import {createStorage} from '@pixelpulse/common/storage'
import * as z from 'zod'

import {createHandler} from './handler.ts'
import {serveInvocations} from './runtime.ts'

const settings = readSettings(storageSettings.extend({AWS_LAMBDA_RUNTIME_API: z.string()}))
await serveInvocations(settings.AWS_LAMBDA_RUNTIME_API, createHandler(createStorage(settings)))
