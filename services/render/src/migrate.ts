import {databaseSettings, readSettings, runMigrations} from '@pixelpulse/common'

import {migrateQueue} from './queue.ts'
import {renderSettings} from './settings.ts'

await runMigrations('render', new URL('../migrations', import.meta.url))
const settings = readSettings(
  databaseSettings.extend(renderSettings.pick({RENDER_SECONDS: true, RENDER_HEARTBEAT_SECONDS: true}).shape),
)
await migrateQueue(settings)
