import {string} from '@oclif/core/args'

export const databaseArg = string({description: 'Database of the fleet file; the only one when left out.'})
