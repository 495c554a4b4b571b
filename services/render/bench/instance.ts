// An instance of render that says when it draws.
import {readSettings} from '@pixelpulse/common'

import {buildRender} from '../src/build.ts'
import {renderSettings} from '../src/settings.ts'

await buildRender(readSettings(renderSettings))
process.send?.('drawing')
