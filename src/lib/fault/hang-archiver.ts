import {noDatabase} from './no-database.ts'
import type {BreakableHost, Fault, FaultRecord} from './types.ts'

const command = '/usr/local/lib/pp/archive-wal'

/** Takes the place of the command $1, which goes on by itself as soon as it is back. */
const hangScript = `set -e
[ -e "$1.held" ] || cp -p "$1" "$1.held"
cat > "$1.new" <<'end'
#!/bin/sh
# Put here by: pp lab break --hang-archiver
while [ -e "$0.held" ]; do sleep 0.2; done
exec "$0" "$@"
end
chmod 0755 "$1.new"
mv "$1.new" "$1"`

const releaseScript = `[ ! -e "$1.held" ] || mv "$1.held" "$1"`

/** PostgreSQL's archive_command begins and does not end, as with an archive behind a dead network mount. */
export function hangArchiverFault(host: BreakableHost, record: FaultRecord): Fault {
  const archives = async (): Promise<boolean> => {
    const trial = ['/nonexistent', 'trial', '/nonexistent']
    // It ends at once when it is the real one: there is no such file.
    return (await host.run(['timeout', '0.5', command, ...trial])).status !== 124
  }
  return {
    async apply() {
      if (!host.hasDataDisk) throw noDatabase(host.name)
      await host.run(['sh', '-c', hangScript, 'hang', command])
      return record
    },
    async undo() {
      await host.run(['sh', '-c', releaseScript, 'release', command])
    },
    async proveInForce() {
      const ends = await archives()
      return {holds: !ends, measured: ends ? 'archive_command ends' : 'archive_command does not end'}
    },
    async proveGone() {
      const ends = await archives()
      return {holds: ends, measured: ends ? 'archive_command ends' : 'archive_command does not end'}
    },
  }
}
