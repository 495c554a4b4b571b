import {runService} from '@pixelpulse/common'

import {buildCollab} from './build.ts'
import {collabSettings} from './settings.ts'

await runService('collab', collabSettings, buildCollab)
