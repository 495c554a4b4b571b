import {runMigrations} from '@pixelpulse/common'

await runMigrations('projects', new URL('../migrations', import.meta.url))
