import {string} from '@oclif/core/flags'

/** Which of this machine's labs a command is about. */
export const labFlag = string({
  default: 'default',
  env: 'PP_LAB',
  helpValue: 'NAME',
  description: 'Which lab; several may live side by side.',
})
