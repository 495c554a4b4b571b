import {readFile} from 'node:fs/promises'
import path from 'node:path'

import {defaultLab, labPaths} from '../../src/lib/lab/paths.ts'
import {findHost, requireRecord} from '../../src/lib/lab/state.ts'

const database = 'pixelpulse'
const pooler = 'edge1'

/**
 * The database of a lab that is up, through one of its poolers, as the application's own account.
 *
 * @throws PpError LAB_NOT_UP.
 */
export async function labDatabaseUrl(lab = process.env.PP_LAB || defaultLab): Promise<string> {
  const {ip} = findHost(await requireRecord(lab), pooler)
  const password = (await readFile(path.join(labPaths(lab).secrets, database), 'utf8')).trim()
  return `postgres://${database}:${encodeURIComponent(password)}@${ip}:6432/${database}`
}
