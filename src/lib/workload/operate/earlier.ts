import {listCopies} from '../../drivers/kubernetes/journal-copy.ts'
import {readableRecords} from '../../operation/journal.ts'
import {summaryOf} from '../../operation/store.ts'
import {leaseOf, type ServiceCluster} from '../open-service.ts'
import {openedScale} from './intent.ts'
import {remembered} from './memory.ts'
import {isOurs} from './plan.ts'
import {scaleKind} from './scaling.ts'
import {samePlace, type FieldSet, type ScaleIntent, type ScaleState} from './types.ts'

/** The intent with what earlier scales until a time have set and what is still there: their base is this one's too. */
export async function withEarlier(
  intent: ScaleIntent,
  state: ScaleState,
  clusters: readonly ServiceCluster[],
): Promise<ScaleIntent> {
  if (!intent.until || !state.fields.some(isOurs)) return intent
  const set = (await Promise.all(clusters.map((cluster) => setUntil(cluster, intent.service)))).flat()
  const earlier = set.filter((one) =>
    state.fields.some((field) => isOurs(field) && samePlace(field, one) && field.value === one.to),
  )
  return {...intent, until: {...intent.until, earlier}}
}

/** What scales of this service until a time have set in a cluster, by the journals that it keeps, latest first. */
async function setUntil(
  {api, declared: {name, namespace}}: ServiceCluster,
  service: string,
): Promise<readonly FieldSet[]> {
  const copies = await listCopies(api, namespace, leaseOf(service))
  return copies
    .map(({operation, lines}) => ({operation, records: readableRecords(lines)}))
    .filter(({operation, records}) => summaryOf(operation, records).kind === scaleKind)
    .toSorted((one, other) => (one.operation < other.operation ? 1 : -1))
    .flatMap(({records}) => (openedScale(records).until ? remembered(records).set : []))
    .filter(({cluster}) => cluster === name)
}
