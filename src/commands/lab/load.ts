import {integer, string} from '@oclif/core/flags'

import {again} from '../../lib/again.ts'
import {PpCommand} from '../../lib/command.ts'
import {parseDuration} from '../../lib/duration.ts'
import {usageError} from '../../lib/errors.ts'
import type {LoadVerdict} from '../../lib/lab/load-verdict.ts'

export default class LabLoad extends PpCommand {
  static override summary =
    'Write numbered rows from the client host of a lab, and find out whether any was lost.'
  static override description = `Clients insert one row a transaction and note when each commit was acknowledged. At the end, or at Ctrl-C, the table is
read and compared. Exit status: 0 every acknowledged row is there, once, and nothing failed; 11 nothing was lost, but
transactions failed or stayed without an answer; 13 a row was lost or doubled, or two members accept writes; 15 the
table could not be read.`
  static override examples = [
    '<%= config.bin %> lab load',
    '<%= config.bin %> lab load --for 30s --clients 8 --new-clients 100 --json',
  ]
  static override flags = {
    lab: string({default: 'default', env: 'PP_LAB', helpValue: 'NAME', description: 'Which lab.'}),
    clients: integer({default: 8, min: 1, max: 500, description: 'Connections that write all the time.'}),
    through: string({
      default: 'pooler',
      options: ['pooler', 'direct'],
      description: 'Through the poolers of both edge hosts, or straight to the writable member.',
    }),
    for: string({helpValue: '30s', description: 'How long; until Ctrl-C when left out.'}),
    pace: string({default: '5ms', helpValue: '5ms', description: 'Pause of each client between two rows.'}),
    'new-clients': integer({
      default: 0,
      min: 0,
      max: 1000,
      description: 'Short-lived connections a second beside them, each writing one row.',
    }),
  }

  async run(): Promise<LoadVerdict> {
    const {flags} = await this.parse(LabLoad)
    const [forSeconds, paceSeconds] = [durationOf('for', flags.for), durationOf('pace', flags.pace)]
    const {labPlace} = await import('../../lib/lab/load-place.ts')
    const {ordinaryLoad, startLoad} = await import('../../lib/lab/load.ts')
    const {firstOfSignalsOr, LoadScreen, verdictText} = await import('../../lib/lab/load-screen.ts')

    const screen = new LoadScreen(process.stderr)
    const load = await startLoad(await labPlace(flags.lab), {
      ...ordinaryLoad,
      clients: flags.clients,
      through: flags.through === 'direct' ? 'direct' : 'pooler',
      paceMs: (paceSeconds ?? 0) * 1000,
      newClientsPerSecond: flags['new-clients'],
      onProgress: (progress) => screen.show(progress),
    })
    await firstOfSignalsOr(load.ended, forSeconds)
    screen.end('reading the table')
    const verdict = await load.stop()
    this.log(verdictText(verdict))
    this.endWith(verdict.outcome)
    return verdict
  }
}

function durationOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw usageError('USAGE', {
    message: `--${flag} ${JSON.stringify(text)} is no duration.`,
    hint: again(`--${flag}`, flag === 'for' ? '30s' : '5ms'),
  })
}
