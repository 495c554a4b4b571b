import type {FastifyBaseLogger} from 'fastify'

/** Whether the database takes what is written, as everybody here is told. */
export interface Outage {
  readonly isOn: boolean
  begin(cause: unknown): void
  end(): void
}

export function createOutage(
  log: FastifyBaseLogger,
  {onBegin, onEnd}: {onBegin: () => void; onEnd: () => void},
): Outage {
  let isOn = false
  return {
    get isOn() {
      return isOn
    },
    begin(cause) {
      if (isOn) return
      isOn = true
      log.error({err: cause}, 'the database does not take edits; they wait in memory')
      onBegin()
    },
    end() {
      if (!isOn) return
      isOn = false
      log.info('the database takes edits again')
      onEnd()
    },
  }
}
