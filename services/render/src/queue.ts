import {setTimeout as sleep} from 'node:timers/promises'

import {isAway, type Transaction} from '@pixelpulse/common'
import {PgBoss} from 'pg-boss'

import type {RenderSettings} from './settings.ts'

export const queueName = 'render'
const schema = 'render_queue'

export interface RenderJob {
  readonly id: string
}

type QueueSettings = Pick<RenderSettings, 'DATABASE_URL' | 'RENDER_SECONDS' | 'RENDER_HEARTBEAT_SECONDS'>

/** Works through a pooler in transaction mode: jobs are asked for, nobody listens. */
export function createQueue(
  {DATABASE_URL}: Pick<QueueSettings, 'DATABASE_URL'>,
  onError: (error: Error) => void,
): PgBoss {
  const boss = new PgBoss({
    connectionString: DATABASE_URL,
    schema,
    application_name: 'render queue',
    max: 4,
    migrate: false,
    createSchema: false,
    schedule: false,
    connectionTimeoutMillis: 2000,
    // A job belongs to the trace that it was asked for in.
    openTelemetry: {propagateContext: true},
    monitorIntervalSeconds: 5,
    superviseIntervalSeconds: 5,
  })
  boss.on('error', onError)
  return boss
}

/** Begins as soon as the database answers, also one that is just being started. */
export async function startQueue(boss: PgBoss): Promise<void> {
  for (;;) {
    try {
      await boss.start()
      return
    } catch (error) {
      if (!isAway(error)) throw error
      await sleep(500)
    }
  }
}

/** Makes the queue, or brings it up to date; a step of its own, like other migrations. */
export async function migrateQueue(settings: QueueSettings): Promise<void> {
  const boss = new PgBoss({
    connectionString: settings.DATABASE_URL,
    schema,
    supervise: false,
    schedule: false,
    max: 1,
  })
  const failed = Promise.withResolvers<never>()
  boss.on('error', failed.reject)
  const options = {
    retryLimit: 5,
    retryDelay: 1,
    expireInSeconds: settings.RENDER_SECONDS * 3,
    heartbeatSeconds: settings.RENDER_HEARTBEAT_SECONDS,
    retentionSeconds: 7 * 24 * 3600,
  }
  await Promise.race([boss.start(), failed.promise])
  await ((await boss.getQueue(queueName))
    ? boss.updateQueue(queueName, options)
    : boss.createQueue(queueName, options))
  await boss.stop({graceful: false})
}

/** Puts a job into the queue by the transaction that makes its row: there are both or neither. */
export async function enqueue(boss: PgBoss, transaction: Transaction, job: RenderJob): Promise<void> {
  const db = {
    executeSql: async (text: string, values: unknown[] = []) => ({
      rows: await transaction.query(text, values),
    }),
  }
  await boss.send(queueName, job, {id: job.id, db})
}
