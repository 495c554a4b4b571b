import {join} from 'node:path'
import {userInfo} from 'node:os'

import {again} from '../../again.ts'
import {usageError} from '../../errors.ts'
import type {Fleet} from '../../fleet/types.ts'
import {packageRoot} from '../../package-root.ts'
import type {Drill} from '../format/types.ts'
import {windowVerdict, type WindowVerdict} from '../windows.ts'
import {scheduleBlocks, type Block} from './blocks.ts'
import {parseCron} from './cron.ts'

export interface Schedule {
  readonly drill: string
  readonly environment: string
  /** Five fields that all readers of cron take for the same times. */
  readonly cron: string
  readonly timeZone: string
  readonly command: readonly string[]
  /** The next times, and whether the drill may begin then. */
  readonly next: readonly ({readonly at: string} & WindowVerdict)[]
  readonly blocks: readonly Block[]
}

/**
 * A drill at the times of a cron expression, by the clock of its windows, else by that of this machine.
 *
 * @throws PpError CRON_INVALID; DRILL_ENVIRONMENT where it does not run in the chosen environment.
 */
export function scheduleDrill(
  fleet: Fleet,
  drill: Drill,
  {cron: text, image, now}: {readonly cron: string; readonly image: string; readonly now: Date},
): Schedule {
  const {environment} = fleet
  if (!drill.environments.includes(environment)) throw notHere(fleet, drill)
  const cron = parseCron(text)
  const windows = drill.guards.windows[environment]
  const timeZone = windows?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const command = [
    join(packageRoot, 'bin/pp'),
    ...['drill', drill.name, ...consent(fleet, drill), '--env', environment, '--fleet', fleet.file],
  ] as const
  const {username: user} = userInfo()
  return {
    drill: drill.name,
    environment,
    cron: cron.text,
    timeZone,
    command,
    next: cron.next(3, now, timeZone).map((at) => ({at: at.toISOString(), ...windowVerdict(windows, at)})),
    blocks: scheduleBlocks({
      drill: drill.name,
      title: drill.title,
      environment,
      cron,
      timeZone,
      command,
      user,
      image,
    }),
  }
}

/** Whoever schedules it in a protected environment answers its question for all times. */
const consent = ({isProtected}: Fleet, {name}: Drill): readonly string[] =>
  isProtected ? ['--confirm', name] : ['--yes']

const notHere = ({name, environment}: Fleet, drill: Drill): Error =>
  usageError('DRILL_ENVIRONMENT', {
    message: `${drill.name} may run in ${drill.environments.join(', ')}, and not in ${name}/${environment}.`,
    hint: again('--env', drill.environments[0] ?? ''),
  })
