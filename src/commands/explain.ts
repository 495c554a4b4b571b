import {string as stringArgument} from '@oclif/core/args'

import {PpCommand} from '../lib/command.ts'
import {usageError} from '../lib/errors.ts'
import {explanations} from '../lib/explanations.ts'
import {nearest} from '../lib/nearest.ts'
import {wrap} from '../lib/output/wrap.ts'

export default class Explain extends PpCommand {
  static override summary = 'Explain an error code.'
  static override examples = ['<%= config.bin %> explain USAGE', '<%= config.bin %> explain']
  static override args = {
    code: stringArgument({description: 'Code of an error; all codes are listed when left out.'}),
  }

  async run(): Promise<unknown> {
    const {args} = await this.parse(Explain)
    if (args.code === undefined) return this.list()
    const code = args.code.toUpperCase()
    const explanation = explanations[code]
    if (explanation === undefined) throw unknownCode(args.code)
    const text = explanation.replaceAll('\n', ' ')
    this.log([code, ...wrap(text, 78).map((line) => `  ${line}`)].join('\n'))
    return {code, explanation: text}
  }

  private list(): unknown {
    const codes = Object.keys(explanations)
    this.log(codes.join('\n'))
    return {codes}
  }
}

function unknownCode(code: string): Error {
  const suggestion = nearest(code, Object.keys(explanations))
  return usageError('CODE_UNKNOWN', {
    message: `No error has the code "${code}".`,
    hint: suggestion === undefined ? 'pp explain' : `pp explain ${suggestion}`,
  })
}
