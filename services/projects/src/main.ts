import {runService} from '@pixelpulse/common'

import {buildProjects} from './build.ts'
import {projectsSettings} from './settings.ts'

await runService('projects', projectsSettings, buildProjects)
