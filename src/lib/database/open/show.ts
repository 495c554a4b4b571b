import {lsnOf} from '../rank.ts'
import {memberOf} from '../facts.ts'
import {failoverTitle} from '../failover/title.ts'
import {table} from '../../output/table.ts'
import type {PreparedOpen} from './prepare.ts'

/** The plan as the operator sees it before being asked for the name. */
export function showOpenPlan({cluster, work, steps, checks, ranking, silent}: PreparedOpen): string {
  const {fleet} = cluster
  const {database, to, timeline} = work.intent
  const [loss] = checks
  const place = (host: string) => {
    const member = memberOf(work.state, host)
    return member.session ? `timeline ${member.session.timeline}, WAL to ${lsnOf(member)}` : 'no answer'
  }
  const without = new Map(silent.map(({host, harmless}) => [host, harmless]))
  const rows = [
    [`  ${to}`, place(to), 'becomes primary'],
    ...ranking.losers.map(({host, reason}) => [`  ${host}`, place(host), without.get(host) ?? reason]),
  ]
  return [
    `${database} on ${fleet.name}/${fleet.environment}: nobody is primary → open ${to} (timeline ${timeline})`,
    '',
    table(rows),
    '',
    `  At risk: ${loss?.measured ?? 'not known'}`,
    '',
    ...steps.map(
      (step, index) =>
        `  ${String(index + 1).padStart(2)} ${failoverTitle(step)}${step.kind === 'promote' ? '   ← point of no return' : ''}`,
    ),
  ].join('\n')
}
