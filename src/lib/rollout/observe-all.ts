import {again} from '../again.ts'
import {PpError, refusal} from '../errors.ts'
import type {OpenService} from '../workload/open-service.ts'
import type {RolloutFacts} from './facts.ts'
import {observeRollout} from './observe.ts'

/**
 * A service in all of its clusters, as whoever is about to change it there has to know it.
 *
 * @throws PpError CLUSTERS_SILENT (3) where some answer and others do not, and what a cluster throws.
 */
export async function observeAll({
  clusters,
  service: {name, deployment},
}: Pick<OpenService, 'clusters' | 'service'>): Promise<readonly RolloutFacts[]> {
  const looks = await Promise.allSettled(
    clusters.map(({declared, api}) => observeRollout(api, declared, deployment)),
  )
  const facts = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []))
  const silent = looks.flatMap((look, index) => {
    if (look.status === 'fulfilled') return []
    const error: unknown = look.reason
    if (!(error instanceof PpError) || error.outcome !== 'unavailable') throw error
    return [{site: clusters[index]?.declared.site ?? '', error}]
  })
  const [first] = silent
  if (!first) return facts
  const alone = facts.find(({site}) => silent.every((one) => one.site !== site))
  if (!alone) throw first.error
  const sites = [...new Set(silent.map(({site}) => site))].join(', ')
  throw refusal('CLUSTERS_SILENT', {
    message: `${name} cannot be changed on all its sites, ${sites} is silent: ${silent.map(({error}) => error.message).join(' ')}`,
    hint: `What answers can be changed alone: ${again('--site', alone.site)}`,
    cause: first.error,
  })
}
