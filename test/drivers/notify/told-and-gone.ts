// Starts the notifier with a command that appends to FILE, tells the EVENTs and is gone: FILE [EVENT… [taken-over]]
import {startNotifier} from '../../../src/lib/drivers/notify/start.ts'
import {notifyEvents} from '../../../src/lib/fleet/types.ts'

const [file = '', ...events] = process.argv.slice(2)
const told = (event: string) => ({schemaVersion: 1, event, text: event, at: ''}) as const
const hook = {
  name: 'file',
  command: ['sh', '-c', 'cat >> "$1"; echo >> "$1"', 'sh', file],
  webhook: undefined,
  token: undefined,
  events: notifyEvents,
  timeoutSeconds: 5,
}
const notifier = await startNotifier([hook], told('left'))
for (const event of events)
  if (event === 'taken-over') notifier.done()
  else notifier.tell(told(event))
// What is written to a pipe leaves this process a moment later.
setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300)
