import {runService} from '@pixelpulse/common'

import {buildRender} from './build.ts'
import {renderSettings} from './settings.ts'

await runService('render', renderSettings, buildRender)
