import {openCluster} from '../drivers/kubernetes/open-cluster.ts'
import type {Check} from '../database/types.ts'
import {PpError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'
import {faultPlace} from './fault-place.ts'
import type {SiteFaultSpec} from './format/types.ts'
import {labOf, clustersHit} from './site-fault-on.ts'

const withinMs = 5000

/** Whether the fault could be made, and undone, now. */
export async function siteFaultCheck(name: string, fault: SiteFaultSpec, fleet: Fleet): Promise<Check> {
  const check = {id: `fault.${name}`, hint: 'pp status', limit: `${faultPlace(fault)} can be reached`}
  try {
    if (fault.kind === 'cut-link')
      return {...check, status: 'pass', measured: `the lab ${labOf(fleet)} can cut it`}
    const clusters = clustersHit(fleet, fault)
    for (const cluster of clusters) {
      const reader = await openCluster(cluster, withinMs)
      try {
        await reader.text('/readyz')
      } finally {
        reader.close()
      }
    }
    const names = clusters.map((cluster) => cluster.name).join(', ')
    return {...check, status: 'pass', measured: `the API server of ${names} answers`}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {...check, status: 'fail', measured: error.message, hint: error.hint}
  }
}
