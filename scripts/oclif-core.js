// Stands in for the index of @oclif/core when bundling: the index loads all of oclif, a command needs these.
export * as Args from '@oclif/core/args'
export {Command} from '@oclif/core/command'
export * as Errors from '@oclif/core/errors'
export * as Flags from '@oclif/core/flags'
