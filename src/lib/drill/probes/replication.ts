import {lagBytes, memberOf, solePrimary, streamsFrom} from '../../database/facts.ts'
import {formatSize} from '../../size.ts'
import type {ProbeSpec} from '../format/types.ts'
import {bad, good, noData, type Look, type Vantage} from './vantage.ts'

export async function lookAtReplication(
  {standbys, maxLagBytes}: Extract<ProbeSpec, {type: 'replication'}>,
  vantage: Vantage,
): Promise<Look> {
  const state = await vantage.observe()
  const primary = solePrimary(state)
  if (primary === undefined) return noData('there is no single primary')
  const streaming = state.members.filter((member) => streamsFrom(member, primary))
  const lags = streaming.flatMap((member) => lagBytes(memberOf(state, primary), member) ?? [])
  const most = Math.max(0, ...lags)
  const measured = `${streaming.length} stream from ${primary}, at most ${formatSize(most)} behind`
  if (streaming.length < standbys) return bad(`${measured}; wanted ${standbys}`)
  if (maxLagBytes !== undefined && most > maxLagBytes)
    return bad(`${measured}; wanted ${formatSize(maxLagBytes)} or less`)
  return good(measured)
}
