import {noDatabase} from './no-database.ts'
import type {BreakableHost, Fault, FaultRecord, Proof} from './types.ts'

const unit = 'pp-lab-slow.service'
const table = 'pp_lab_slow'

/** Hands on what it gets, both ways, $1 milliseconds later; the host's own connections do not pass it. */
const proxyProgram = `import asyncio, sys
delay, address = int(sys.argv[1]) / 1000, sys.argv[2]
async def pump(reader, writer):
    loop, queue = asyncio.get_running_loop(), asyncio.Queue()
    async def send():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                return writer.close()
            writer.write(data)
            await writer.drain()
    sending = asyncio.create_task(send())
    try:
        data = b'.'
        while data:
            data = await reader.read(65536)
            queue.put_nowait((loop.time() + delay, data))
    except OSError:
        queue.put_nowait((loop.time(), b''))
    await asyncio.gather(sending, return_exceptions=True)
async def serve(reader, writer):
    try:
        up = await asyncio.open_connection(address, 5432)
    except OSError:
        return writer.close()
    await asyncio.gather(pump(reader, up[1]), pump(up[0], writer))
async def main():
    async with await asyncio.start_server(serve, '0.0.0.0', 15432) as server:
        await server.serve_forever()
asyncio.run(main())`

const rules = `table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain arriving {
    type nat hook prerouting priority dstnat;
    iifname "eth0" tcp dport 5432 redirect to :15432
  }
}`

/** $1 is the program, $2 the milliseconds, $3 the host's address. Connections that exist are ended: they would stay quick. */
const slowScript = `set -e
systemctl stop ${unit} 2>/dev/null || true
systemctl reset-failed ${unit} 2>/dev/null || true
systemd-run --quiet --collect --unit=${unit} -- python3 -c "$1" "$2" "$3"
for _ in $(seq 100); do ss -Hltn 'sport = :15432' | grep -q . && break; sleep 0.02; done
printf '%s\\n' "$4" | nft -f -
ss -HK state established "src $3 sport = :5432 and not dst $3" >/dev/null 2>&1 || true`

/** The proxy's connections end while its words are still translated: without the rules nobody would take them for the end. */
const restoreScript = `systemctl stop ${unit} 2>/dev/null
sleep 0.1
nft delete table ip ${table} 2>/dev/null
true`

/** A delaying proxy before PostgreSQL's port: what comes through the network is so many milliseconds late, each way. */
export function slowFault(host: BreakableHost, record: FaultRecord): Fault {
  const delayMs = record.delayMs ?? 0
  const look = async (): Promise<{readonly isThere: boolean; readonly tripMs: number | undefined}> => {
    const shown = await host.run(['nft', 'list', 'table', 'ip', table])
    return {isThere: shown.status === 0, tripMs: await host.databaseTripMs(2 * delayMs + 3000)}
  }
  const measured = (tripMs: number | undefined): string =>
    tripMs === undefined ? 'PostgreSQL does not answer' : `PostgreSQL answers after ${Math.round(tripMs)} ms`
  return {
    async apply() {
      if (!host.hasDataDisk) throw noDatabase(host.name)
      await host.run(['sh', '-c', slowScript, 'slow', proxyProgram, String(delayMs), host.address, rules], 20)
      return record
    },
    async undo() {
      await host.run(['sh', '-c', restoreScript])
    },
    async proveInForce(): Promise<Proof> {
      const {isThere, tripMs} = await look()
      return {holds: isThere && (tripMs === undefined || tripMs >= 2 * delayMs), measured: measured(tripMs)}
    },
    async proveGone(): Promise<Proof> {
      const {isThere, tripMs} = await look()
      return {holds: !isThere && (tripMs === undefined || tripMs < 2 * delayMs), measured: measured(tripMs)}
    },
  }
}
