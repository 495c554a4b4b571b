import {readFile} from 'node:fs/promises'
import * as z from 'zod'
import {writeWhole} from '../files.ts'
import {labPaths} from '../paths.ts'
import {clusterSites, type LabRecord} from '../state.ts'
import {operatorKubeconfig} from './variables.ts'

const named = z.array(z.object({name: z.string()}).loose())
const kubeconfig = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  clusters: named,
  users: named,
  contexts: named,
  'current-context': z.string(),
})

/** One file for the operator, with a context for each cluster of the lab, from what the playbook wrote for each. */
export async function writeKubeconfig(record: LabRecord): Promise<void> {
  const files = clusterSites(record).map((site) => operatorKubeconfig(record, site))
  const [first, ...others] = await Promise.all(
    files.map(async (file) => kubeconfig.parse(JSON.parse(await readFile(file, 'utf8')))),
  )
  if (first === undefined || others.length === 0) return
  const all = [first, ...others]
  const merged = {
    ...first,
    clusters: all.flatMap(({clusters}) => clusters),
    users: all.flatMap(({users}) => users),
    contexts: all.flatMap(({contexts}) => contexts),
  }
  await writeWhole(labPaths(record.name).kubeconfig, `${JSON.stringify(merged, null, 2)}\n`)
}
