import {scene as sceneSchema, type Database, type Row, type Scene, type Storage} from '@pixelpulse/common'
import type {JobWithMetadata, PgBoss} from 'pg-boss'
import type {Counter, Histogram} from 'prom-client'

import {defaultLimits, draw, imageUri, Undrawable, type Format, type Limits} from './draw.ts'
import {queueName, type RenderJob} from './queue.ts'
import type {RenderSettings} from './settings.ts'

interface Parts {
  readonly boss: PgBoss
  readonly database: Database
  readonly storage: Storage
  readonly settings: RenderSettings
  readonly seconds: Histogram
  readonly outcomes: Counter<'outcome'>
}

interface RenderRow extends Row {
  readonly id: string
  readonly design_id: string
  readonly format: Format
  readonly width: number
  readonly height: number
  readonly scene: unknown
  readonly assets: readonly {readonly id: string; readonly key: string}[]
  readonly state: 'queued' | 'active' | 'done' | 'failed'
}

export const resultKey = ({
  design_id: design,
  id,
  format,
}: Pick<RenderRow, 'design_id' | 'id' | 'format'>): string => `renders/${design}/${id}.${format}`

/** Takes jobs until the queue is stopped, as many at once as the settings say. */
export async function startWorker(parts: Parts): Promise<void> {
  const {boss, settings} = parts
  const options = {
    pollingIntervalSeconds: 0.5,
    includeMetadata: true,
    heartbeatRefreshSeconds: 3,
  } as const
  for (let n = 0; n < settings.RENDER_JOBS; n += 1) {
    const worker: Promise<string> = boss.work<RenderJob>(queueName, options, async (jobs) => {
      for (const job of jobs as unknown as JobWithMetadata<RenderJob>[]) await perform(parts, job)
      // Else it would rest until the next half second, with a queue that is full.
      boss.notifyWorker(await worker)
    })
    await worker
  }
}

/** May be done twice, by a worker that was taken for dead: both write the same object, and the row is finished once. */
async function perform(parts: Parts, job: JobWithMetadata<RenderJob>): Promise<void> {
  const [row] = await parts.database.read<RenderRow>(
    'select id, design_id, format, width, height, scene, assets, state from render.renders where id = $1',
    [job.data.id],
  )
  if (!row || row.state === 'done' || row.state === 'failed') return
  try {
    const end = parts.seconds.startTimer()
    await report(parts.database, row.id, 0.1)
    const bytes = await picture(parts, row, job.signal)
    await parts.storage.put(resultKey(row), bytes, `image/${row.format}`)
    if (await finish(parts.database, row.id, 'done')) {
      end()
      parts.outcomes.inc({outcome: 'done'})
    }
  } catch (error) {
    const isLast = job.retryCount >= job.retryLimit
    if (!(error instanceof Undrawable) && !isLast) {
      parts.outcomes.inc({outcome: 'repeated'})
      throw error
    }
    const why =
      error instanceof Undrawable ? error.message : 'It could not be drawn, several times; we look into it.'
    if (await finish(parts.database, row.id, 'failed', why)) parts.outcomes.inc({outcome: 'failed'})
    if (!(error instanceof Undrawable)) throw error
  }
}

async function picture(
  {storage, database, settings}: Parts,
  row: RenderRow,
  signal: AbortSignal,
): Promise<Buffer> {
  const scene = sceneSchema.parse(row.scene)
  const limits: Limits = {...defaultLimits, seconds: settings.RENDER_SECONDS}
  const scale = row.width / scene.width
  const images = new Map<string, string>()
  for (const {id, key} of row.assets) {
    signal.throwIfAborted()
    images.set(id, await imageUri(await storage.get(key), seenSize(scene, id, scale), limits))
  }
  await report(database, row.id, 0.4)
  signal.throwIfAborted()
  return draw(scene, images, row, limits)
}

/** The most pixels that any layer shows of an image. */
function seenSize(scene: Scene, assetId: string, scale: number): {width: number; height: number} {
  const layers = scene.layers.filter((layer) => layer.kind === 'image' && layer.assetId === assetId)
  const most = (side: 'width' | 'height') =>
    Math.max(1, Math.ceil(Math.max(...layers.map((layer) => layer[side])) * scale))
  return {width: most('width'), height: most('height')}
}

async function report(database: Database, id: string, progress: number): Promise<void> {
  await database.transaction(
    (transaction) =>
      transaction.query(
        "update render.renders set state = 'active', progress = $2 where id = $1 and state in ('queued', 'active')",
        [id, progress],
      ),
    {isRepeatable: true},
  )
}

/** Whether this was the one that finished it. */
function finish(database: Database, id: string, state: 'done' | 'failed', error?: string): Promise<boolean> {
  return database.transaction(
    async (transaction) => {
      const rows = await transaction.query(
        `update render.renders set state = $2, progress = 1, error = $3, finished_at = now()
         where id = $1 and state in ('queued', 'active') returning id`,
        [id, state, error ?? null],
      )
      return rows.length > 0
    },
    {isRepeatable: true},
  )
}
