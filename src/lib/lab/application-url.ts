import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {labPaths} from './paths.ts'
import {findHost, type LabRecord} from './state.ts'

const database = 'pixelpulse'
const pooler = 'edge1'

/** A lab's database through one of its poolers, as the application's own account; holds its password. */
export async function applicationUrl(record: LabRecord): Promise<string> {
  const password = (await readFile(join(labPaths(record.name).secrets, database), 'utf8')).trim()
  return `postgres://${database}:${encodeURIComponent(password)}@${findHost(record, pooler).ip}:6432/${database}`
}
