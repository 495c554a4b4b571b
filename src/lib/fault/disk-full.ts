import {PpError} from '../errors.ts'
import type {BreakableHost, Fault, FaultRecord, Proof} from './types.ts'

const filler = '/var/lib/postgresql/.filler'
const trial = '/var/lib/postgresql/.trial'

/** Takes all room at once, then what the file system still had for its own tables, block by block. $1 is the file. */
const fillScript = `free=$(df --output=avail -B1 "\${1%/*}" | tail -n 1)
[ "$free" -eq 0 ] || fallocate -o "$(stat -c %s "$1" 2>/dev/null || echo 0)" -l "$free" "$1" 2>/dev/null
dd if=/dev/zero of="$1" bs=4096 oflag=append conv=notrunc,fsync 2>/dev/null
true`

/** Not one block of the database's disk is left. */
export const diskFullFault = (host: BreakableHost, record: FaultRecord): Fault => ({
  async apply() {
    if (!host.hasDataDisk) throw noDisk(host.name)
    await host.run(['sh', '-c', fillScript, 'fill', filler], 60)
    return record
  },
  async undo() {
    await host.run(['rm', '-f', filler, trial])
  },
  async proveInForce() {
    const {written, measured} = await tryToWrite(host)
    return {holds: !written, measured}
  },
  async proveGone(): Promise<Proof> {
    const {written, measured} = await tryToWrite(host)
    return {holds: written, measured}
  },
})

/** Writes one block as the database's own account would. */
async function tryToWrite(host: BreakableHost): Promise<{written: boolean; measured: string}> {
  const dd = ['dd', 'if=/dev/zero', `of=${trial}`, 'bs=8192', 'count=1', 'conv=fsync']
  const result = await host.run(
    ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...dd],
    10,
  )
  await host.run(['rm', '-f', trial])
  const said = result.stderr.split('\n').find((line) => line.includes('No space left'))
  return {
    written: result.status === 0,
    measured: said === undefined ? 'a block of 8 kB was written' : 'No space left on device',
  }
}

const noDisk = (host: string): PpError =>
  new PpError('refused', 'FAULT_NO_DISK', {
    message: `${host} has no disk of its own that could be filled; the database hosts have.`,
    hint: 'Fill the disk of a database host: pp lab break db1 --disk-full',
  })
