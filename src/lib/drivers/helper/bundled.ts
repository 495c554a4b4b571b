import {createHash} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {packageRoot} from '../../package-root.ts'

const folder = join(packageRoot, 'playbooks/ansible/roles/common/files')

let known: string | undefined

/**
 * sha256 of the host helper that belongs to this `pp`; a host that runs another one needs the playbook.
 * Over names and contents, as `sha256sum pp-host pp_host/*.py | sha256sum` makes it.
 */
export function bundledHelperSha256(): string {
  known ??= sha256(
    helperFiles()
      .map((file) => `${sha256(readFileSync(join(folder, file)))}  ${file}\n`)
      .join(''),
  )
  return known
}

function helperFiles(): readonly string[] {
  const modules = readdirSync(join(folder, 'pp_host')).filter((name) => name.endsWith('.py'))
  return ['pp-host', ...modules.sort().map((name) => `pp_host/${name}`)]
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
