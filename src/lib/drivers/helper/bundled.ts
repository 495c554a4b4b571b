import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {packageRoot} from '../../package-root.ts'

let known: string | undefined

/** sha256 of the host helper that belongs to this `pp`; a host that runs another one needs the playbook. */
export function bundledHelperSha256(): string {
  known ??= createHash('sha256')
    .update(readFileSync(join(packageRoot, 'playbooks/ansible/roles/common/files/pp-host')))
    .digest('hex')
  return known
}
