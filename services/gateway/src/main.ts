import {runService} from '@pixelpulse/common'

import {buildGateway} from './build.ts'
import {gatewaySettings} from './settings.ts'

await runService('gateway', gatewaySettings, buildGateway)
