import type {JournalRecord} from '../operation/journal.ts'
import {isOnHost} from './fault-place.ts'
import type {SiteFaultSpec} from './format/types.ts'
import {openedDrill} from './intent.ts'
import {intents} from './plan.ts'
import {finished, type LiftProof} from './proofs.ts'
import {singleSteps, type SingleStep} from './steps.ts'

/** How to put right by hand what a drill has broken, for the case that `pp` cannot. */
export function drillByHand(records: readonly JournalRecord[]): string {
  const intent = openedDrill(records)
  if (!intent) return 'This is no journal of a drill.'
  const lifted = new Set(
    finished(records).flatMap(({kind, proof}) => (kind === 'lift' ? (proof as LiftProof).fault : [])),
  )
  const faults = intents(records)
    .flatMap(singleSteps)
    .filter((step) => step.kind === 'fault' && !lifted.has(step.name))
  return [
    `By hand, what ${intent.run} has broken and not put right, the latest first:`,
    ...(faults.length === 0 ? ['  nothing'] : faults.toReversed().map(byHand)),
    '',
    'Then see that exactly one member accepts writes and every pooler leads to it:',
    "  on each member:  sudo -u postgres psql -Atc 'select pg_is_in_recovery()'     f = accepts writes; never two",
    `A change of primary that was begun has a journal of its own: pp op list`,
  ].join('\n')
}

/** Files of a fault lie under /var/lib/pp/fault on its host. */
function byHand(step: SingleStep): string {
  if (step.kind !== 'fault') return ''
  if (!isOnHost(step.fault)) return siteFaultByHand(step.fault)
  const {kind, host, from} = step.fault
  const at = `  on ${host}:  `
  switch (kind) {
    case 'power-off':
      return `  switch ${host} on`
    case 'stop':
    case 'kill':
      return `${at}systemctl start postgresql@… or pgbouncer@…     a boot gate decides how it comes up`
    case 'freeze':
      return `${at}pkill -CONT -u postgres`
    case 'cut':
      return `${at}nft list tables; nft delete table inet the one that begins with pp_fault${from.length > 0 ? ` (away from ${from.join(', ')})` : ''}`
    case 'disk-full':
      return `${at}remove the file that /var/lib/pp/fault/*.json names`
    case 'hang-archiver':
      return `${at}put the held file beside /usr/local/lib/pp/archive-wal back in its place`
  }
}

function siteFaultByHand(fault: SiteFaultSpec): string {
  switch (fault.kind) {
    case 'delete-pods':
      return `  nothing for ${fault.service}: its ReplicaSet makes the Pods anew`
    case 'drain':
      return `  on the cluster of ${fault.site}:  kubectl uncordon each node with the annotation pixelpulse.io/drained-by`
    case 'cut-link':
      return '  pp lab mend link'
    case 'node-group-to-zero':
      return `  aws autoscaling describe-scheduled-actions: give ${fault.group} the sizes of the one that begins with pp-fault, then delete that`
    case 'api-server-down':
      return `  on each control plane of ${fault.site}:  systemctl start kube-apiserver`
  }
}
