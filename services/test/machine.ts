import {cpus, loadavg} from 'node:os'

/** When and on what something was measured. */
export function machineLine(): string {
  const [cpu] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, ${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1) ?? '?'}.`
}
