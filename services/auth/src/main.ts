import {runService} from '@pixelpulse/common'

import {buildAuth} from './build.ts'
import {authSettings} from './settings.ts'

await runService('auth', authSettings, buildAuth)
