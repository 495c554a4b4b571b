import {createHash} from 'node:crypto'
import {basename} from 'node:path'

import type {PpError} from '../../errors.ts'
import {hookIssues, hooksOf} from '../../fleet/notify.ts'
import {issuesIn} from '../../yaml/issues.ts'
import {mistakesError} from '../../yaml/mistakes.ts'
import {parseYamlFile, type Issue, type YamlFile} from '../../yaml/yaml-file.ts'
import {actsOf, operationOf} from './acts-of.ts'
import {checkAcross} from './checks.ts'
import {claimOf} from './claim-of.ts'
import {outlineOf} from './outline.ts'
import {drillFileSchema, type DrillFile} from './schema.ts'
import type {Drill, Guards} from './types.ts'

export interface DrillSource {
  /** Absolute path. */
  readonly file: string
  readonly bytes: Uint8Array
  /** What relative programs and secrets start from, as in the fleet file. */
  readonly folder: string
  readonly secrets: string
}

/** @throws PpError DRILL_INVALID with every mistake, each at its place. */
export function parseDrill(source: DrillSource): Drill {
  const file = parseYamlFile(source.file, new TextDecoder().decode(source.bytes))
  if (file.issues.length > 0) throw drillInvalid(source, file.issues)
  const parsed = drillFileSchema.safeParse(file.value ?? {})
  const issues = [
    ...nameIssues(file),
    ...(parsed.success ? [] : issuesIn(file, parsed.error, drillFileSchema)),
    ...acrossIssues(file),
  ]
  if (!parsed.success || issues.length > 0) throw drillInvalid(source, issues)
  return drillOf(source, parsed.data)
}

/** Name of the drill that a file holds. */
export const drillName = (file: string): string => basename(file, '.yaml')

/** Words that follow `pp drill` and are commands, or will be. */
const commandWords = 'list show check status undo resume history report verify lever schedule'.split(' ')

function nameIssues({file, placeOf}: YamlFile): Issue[] {
  const name = drillName(file)
  const issue = (message: string) => [{place: placeOf([]), message: `file: ${message}`}]
  if (commandWords.includes(name))
    return issue(`${name} is a command of pp drill; give the file another name`)
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return []
  return issue('its name has to be of lower-case letters, digits and - (63 at most), before .yaml')
}

function acrossIssues(file: YamlFile): Issue[] {
  return [
    ...checkAcross(file.value).map(({path, message}) => ({
      place: file.placeOf(path),
      message: `${path.join('.')}: ${message}`,
    })),
    ...hookIssues(outlineOf(file.value).notify, (path) => file.placeOf(path)),
  ]
}

function drillInvalid({file}: DrillSource, issues: readonly Issue[]): PpError {
  const name = drillName(file)
  return mistakesError('DRILL_INVALID', issues, {
    what: `the drill ${name}`,
    hint: `Correct the lines above, then: pp drill show ${name}`,
  })
}

function drillOf({file, bytes, folder, secrets}: DrillSource, parsed: DrillFile): Drill {
  const {title, why, owner, environments, targets, objectives, evidence} = parsed
  return {
    name: drillName(file),
    file,
    hash: createHash('sha256').update(bytes).digest('hex'),
    title,
    why: why.replaceAll(/\s+/g, ' '),
    owner,
    environments,
    targets,
    guards: guardsOf(parsed.guards),
    steadyState: parsed.steadyState.map((claim) => claimOf(claim, folder)),
    method: parsed.method.map((act) => actsOf(act, {maxPods: targets.maxPods, folder})),
    objectives: {
      rtoSeconds: objectives.rto,
      rpoRows: objectives.rpo,
      services: objectives.services.map(({name, probe, atLeast, outage}) => ({
        name: name ?? probe,
        probe,
        atLeast,
        outageSeconds: outage,
      })),
    },
    undo: parsed.undo.map(operationOf),
    evidence,
    notify: hooksOf(parsed.notify, {folder, secrets}),
  }
}

function guardsOf({windows, stop}: DrillFile['guards']): Guards {
  return {
    windows: Object.fromEntries(
      Object.entries(windows).map(([environment, {timeZone, allowed, blocked}]) => [
        environment,
        {timeZone, allowed, blocked: blocked.map(({from, to, why}) => ({from, to: to ?? from, why}))},
      ]),
    ),
    stop: stop.map(({probe, for: forSeconds}) => ({probe, forSeconds})),
  }
}
