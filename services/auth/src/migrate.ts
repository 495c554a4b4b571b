import {runMigrations} from '@pixelpulse/common'

await runMigrations('auth', new URL('../migrations', import.meta.url))
