import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {chown, mkdir, open, readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {runProgram} from '../drivers/machine/program.ts'
import {labPaths} from './paths.ts'
import type {HostRecord, LabRecord} from './state.ts'

/** Room for the data of one database host; the image is sparse and takes what is used. */
const imageBytes = 4 * 1024 ** 3

export const dataImage = (lab: string, host: string): string => join(labPaths(lab).host(host), 'data.img')

/** Makes what a host keeps over a power-off: its own layer over the base, its keys and its data image. */
export async function makeDisk(record: LabRecord, host: HostRecord, base: string): Promise<void> {
  const paths = labPaths(record.name)
  const folder = paths.host(host.name)
  if (existsSync(join(folder, 'complete'))) return
  const etc = join(folder, 'upper/etc')
  for (const place of ['work', 'root', 'upper/etc/ssh', 'upper/srv'])
    await mkdir(join(folder, place), {recursive: true})
  await mkdir(join(folder, 'upper/root/.ssh'), {recursive: true, mode: 0o700})
  const key = join(etc, 'ssh/ssh_host_ed25519_key')
  if (!existsSync(key))
    await runProgram(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', host.name, '-f', key])
  await writeFile(join(etc, 'hostname'), `${host.name}\n`)
  await writeFile(join(etc, 'machine-id'), `${randomBytes(16).toString('hex')}\n`)
  const authorized = join(folder, 'upper/root/.ssh/authorized_keys')
  await writeFile(authorized, await readFile(`${paths.identity}.pub`), {mode: 0o600})
  if (host.hasDataDisk) await makeImage(dataImage(record.name, host.name), base)
  await writeFile(join(folder, 'complete'), '')
}

/** The names of all hosts, in the layer of a host that is off: the subnet may have changed since it last ran. */
export async function writeHostsFile(record: LabRecord, {name}: HostRecord): Promise<void> {
  const names = record.hosts.map((host) => `${host.ip} ${host.name}\n`).join('')
  const file = join(labPaths(record.name).host(name), 'upper/etc/hosts')
  await writeFile(file, `127.0.0.1 localhost\n${names}`)
}

/** No blocks are kept back for root: a full disk is full for the database and for its clean-up alike. */
async function makeImage(image: string, base: string): Promise<void> {
  const {uid, gid} = await stat(join(base, 'var/lib/postgresql'))
  const file = await open(image, 'w', 0o600)
  await file.truncate(imageBytes)
  await file.close()
  await runProgram(['mkfs.ext4', '-q', '-F', '-m', '0', '-E', `nodiscard,root_owner=${uid}:${gid}`, image])
}

/** The archive that the database hosts share, owned by the account that archives. */
export async function makeArchive(lab: string, base: string): Promise<void> {
  const {uid, gid} = await stat(join(base, 'var/lib/postgresql'))
  await mkdir(labPaths(lab).archive, {recursive: true})
  await chown(labPaths(lab).archive, uid, gid)
}
