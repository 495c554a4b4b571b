import {readFile} from 'node:fs/promises'
import path from 'node:path'

import type {LoadPlace} from './load.ts'
import {hostNamespace, namespaceFile} from './names.ts'
import {labPaths} from './paths.ts'
import {findHost, requireRecord} from './state.ts'

const clientHost = 'client1'
const poolers = ['edge1', 'edge2']
const members = ['db1', 'db2', 'db3']
/** The role that may write into `pp.probe`; to the poolers a client like any other. */
const role = 'pp_probe'

/**
 * The client host of a lab, and what it reaches from there.
 *
 * @throws PpError LAB_NOT_UP.
 */
export async function labPlace(lab: string): Promise<LoadPlace> {
  const record = await requireRecord(lab)
  const paths = labPaths(lab)
  const at = (name: string, port: number) => ({name, host: findHost(record, name).ip, port})
  return {
    networkNamespace: namespaceFile(hostNamespace(lab, clientHost)),
    poolers: poolers.map((name) => at(name, 6432)),
    members: members.map((name) => at(name, 5432)),
    login: {
      user: role,
      password: (await readFile(path.join(paths.secrets, role), 'utf8')).trim(),
      database: 'pixelpulse',
    },
    folder: path.join(paths.state, 'load'),
  }
}
