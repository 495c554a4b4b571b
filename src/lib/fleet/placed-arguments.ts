import {resolve} from 'node:path'

/** A program with a / in its name lies relative to the fleet file; others are looked for on PATH. */
export const placedArguments = ([program = '', ...args]: readonly string[], folder: string): string[] => [
  program.includes('/') ? resolve(folder, program) : program,
  ...args,
]
