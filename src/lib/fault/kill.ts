import {PpError} from '../errors.ts'
import type {BreakableHost, Fault, FaultRecord} from './types.ts'

/** Kills all processes named $1 and prints the systemd unit of each. The group's last part is the unit. */
const killScript = `pids=$(pgrep -x "$1") || exit 3
for pid in $pids; do sed -n 's|^[0-9]*:name=systemd:.*/||p;s|^0::/.*/||p' "/proc/$pid/cgroup"; done | grep -E '\\.(service|scope)$' | sort -u
kill -KILL $pids 2>/dev/null
for _ in $(seq 200); do for pid in $pids; do [ ! -d "/proc/$pid" ] || { sleep 0.01; continue 2; }; done; exit 0; done
exit 4`

/** SIGKILL to all processes of a name. What systemd starts again by itself, it starts. Undone by starting their units. */
export function killFault(host: BreakableHost, record: FaultRecord): Fault {
  const process = record.process ?? ''
  return {
    async apply() {
      const killed = await host.run(['sh', '-c', killScript, 'kill', process], 10)
      if (killed.status === 3) throw notRunning(host.name, process)
      return {...record, units: killed.stdout.split('\n').filter((line) => line.endsWith('.service'))}
    },
    async undo() {
      for (const unit of record.units) await startAgain(host, unit)
    },
    async proveInForce() {
      const states = await Promise.all(record.units.map((unit) => stateOf(host, unit)))
      const measured = record.units.map((unit, index) => `${unit} is ${states[index] ?? ''}`).join(', ')
      const {status} = await host.run(['pgrep', '-x', process])
      const again = status === 0 ? 'systemd has started it again' : 'none runs'
      return {holds: true, measured: [`all ${process} killed, ${again}`, measured].filter(Boolean).join('; ')}
    },
    async proveGone() {
      const states = await Promise.all(record.units.map((unit) => stateOf(host, unit)))
      const measured = record.units.map((unit, index) => `${unit} is ${states[index] ?? ''}`).join(', ')
      return {holds: states.every((state) => state === 'active' || state === 'masked'), measured}
    },
  }
}

/**
 * A masked unit is left alone: an operation of pp holds it down on purpose. One start may fail: it joins the one that systemd has
 * begun by itself, which meets what the killed processes have left.
 */
async function startAgain(host: BreakableHost, unit: string): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const state = await stateOf(host, unit)
    if (state === 'masked' || state === 'active') return
    await host.run(['systemctl', 'reset-failed', unit], 10)
    await host.run(['systemctl', 'start', unit], 60)
  }
}

async function stateOf(host: BreakableHost, unit: string): Promise<string> {
  const shown = await host.run(['systemctl', 'show', '-P', 'LoadState', '-P', 'ActiveState', unit], 10)
  const [load, active = 'unknown'] = shown.stdout.split('\n').filter(Boolean)
  return load === 'masked' ? load : active
}

const notRunning = (host: string, process: string): PpError =>
  new PpError('refused', 'FAULT_NO_PROCESS', {
    message: `No process named ${process} runs on ${host}.`,
    hint: `See what runs there: pp lab shell ${host} -- ps ax`,
  })
