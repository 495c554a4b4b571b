import type {Cluster} from '../../database/cluster.ts'
import type {Prober} from '../../drivers/prober/prober.ts'
import {messageOf} from '../../errors.ts'
import type {RowRange} from '../../drivers/application/row-ranges.ts'
import type {DrillIntent} from '../intent.ts'
import {outsideView} from '../outside.ts'
import {presentRows, removeRows} from '../present-rows.ts'
import type {RunFiles} from '../run-files.ts'

export interface CollectOptions {
  readonly cluster: Cluster
  /** Undefined: nobody accepts writes. */
  readonly primary: string | undefined
  readonly files: RunFiles
  readonly intent: DrillIntent
}

/** Takes what the marker writer has written, on the client's disk and in the table, into the run's folder. */
export async function collect(
  prober: Prober | undefined,
  {cluster, primary, files, intent}: CollectOptions,
): Promise<{readonly present: readonly RowRange[] | undefined; readonly problems: readonly string[]}> {
  const problems: string[] = []
  const attempt = async <T>(what: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await what()
    } catch (error) {
      problems.push(messageOf(error))
      return undefined
    }
  }
  if (!prober) return {present: undefined, problems: ['the marker writer was not found']}
  await attempt(() => prober.stop())
  const seen = await attempt(() => prober.read())
  if (seen) files.keepOutside(outsideView(seen, prober.clocks, intent.startedBootSeconds))
  if (primary === undefined) return {present: undefined, problems: [...problems, 'nobody accepts writes']}
  const present = await attempt(async () => presentRows(await cluster.application(primary), intent.run))
  if (seen && present) {
    // What was measured is in the folder now; the table is the application's.
    await attempt(async () => removeRows(await cluster.application(primary), intent.run))
    await attempt(() => prober.clear())
  }
  return {present, problems}
}
