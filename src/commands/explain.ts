import {string as stringArgument} from '@oclif/core/args'

import {PpCommand} from '../lib/command.ts'
import {conditions, isCondition} from '../lib/database/failover/conditions.ts'
import type {Condition} from '../lib/database/failover/types.ts'
import {usageError} from '../lib/errors.ts'
import {explanations} from '../lib/explanations.ts'
import {nearest} from '../lib/nearest.ts'
import {wrap} from '../lib/output/terminal.ts'

export default class Explain extends PpCommand {
  static override summary = 'Explain an error code, or what can be the matter with a primary.'
  static override examples = [
    '<%= config.bin %> explain USAGE',
    '<%= config.bin %> explain host-dead',
    '<%= config.bin %> explain',
  ]
  static override args = {
    code: stringArgument({
      description: 'Code of an error, or a condition such as host-dead; all are listed when left out.',
    }),
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(Explain)
    if (args.code === undefined) return this.list()
    const condition = args.code.toLowerCase()
    if (isCondition(condition)) return this.#condition(condition)
    const code = args.code.toUpperCase()
    const explanation = explanations[code]
    if (explanation === undefined) throw unknownCode(args.code)
    const text = explanation.replaceAll('\n', ' ')
    this.log([code, ...wrap(text, 78).map((line) => `  ${line}`)].join('\n'))
    return {code, explanation: text}
  }

  #condition(condition: Condition): unknown {
    const {means, page} = conditions[condition]
    this.log([condition, ...wrap(means, 78).map((line) => `  ${line}`), `  What to type: ${page}`].join('\n'))
    return {code: condition, explanation: means, page}
  }

  private list(): unknown {
    const codes = [...Object.keys(explanations), ...Object.keys(conditions)]
    this.log(codes.join('\n'))
    return {codes}
  }
}

function unknownCode(code: string): Error {
  const suggestion = nearest(code, [...Object.keys(explanations), ...Object.keys(conditions)])
  return usageError('CODE_UNKNOWN', {
    message: `No error has the code "${code}".`,
    hint: suggestion === undefined ? 'pp explain' : `pp explain ${suggestion}`,
  })
}
