import type {Hook} from '@oclif/core/hooks'

import {unknownCommand} from '../lib/mistyped.ts'

const commandNotFound: Hook.CommandNotFound = async function ({id, config}) {
  throw unknownCommand(id, config)
}

export default commandNotFound
