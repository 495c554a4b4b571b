import type {SwitchoverStep} from './types.ts'

export function stepTitle(step: SwitchoverStep): string {
  switch (step.kind) {
    case 'prepare-slots':
      return `slots on ${step.host} for ${step.slots.join(', ')}`
    case 'follow':
      return `${step.host} follows ${step.upstream}`
    case 'checkpoint':
      return `checkpoint ${step.host}, ${step.standby}`
    case 'archive':
      return `archive what ${step.host} has written`
    case 'prepare-return':
      return `${step.host} learns whom to follow afterwards`
    case 'synchronous':
      return step.names === ''
        ? `${step.host} replicates asynchronously`
        : `${step.host} waits for standbys: ${step.names}`
    case 'mask':
      return `mask PostgreSQL on ${step.host}, so that nothing restarts it`
    case 'arm':
      return `arm guards on ${step.poolers.join(', ')}`
    case 'pause':
      return `pause poolers on ${step.poolers.join(', ')}`
    case 'clear-writers':
      return `end sessions on ${step.host} that bypass the poolers`
    case 'stop':
      return `stop ${step.host}`
    case 'prove':
      return `prove that ${step.host} has all of it`
    case 'promote':
      return `promote ${step.host}`
    case 'probe':
      return `write to ${step.host}`
    case 'route':
      return `point poolers at ${step.host}, resume`
    case 'checkpoint-new':
      return `checkpoint ${step.host}`
    case 'return':
      return step.upstream === undefined
        ? `${step.host} runs as a standby again`
        : `${step.host} streams from ${step.upstream}`
    case 'drop-slots':
      return `drop slots ${step.slots.join(', ')} on ${step.host}`
    case 'fence':
      return `fence ${step.host}`
    case 'unfence':
      return `lift the fence of ${step.host}`
    case 'put-back':
      return `put ${step.host} back in service`
    case 'disarm':
      return `disarm guards on ${step.poolers.join(', ')}`
    case 'restore-settings':
      return `restore settings of ${step.host}`
    case 'unmask':
      return `unmask PostgreSQL on ${step.host}`
  }
}
