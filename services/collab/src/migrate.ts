import {runMigrations} from '@pixelpulse/common'

await runMigrations('collab', new URL('../migrations', import.meta.url))
