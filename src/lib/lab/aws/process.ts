import {spawn} from 'node:child_process'
import {open} from 'node:fs/promises'
import {join} from 'node:path'
import {cgroupHierarchies, makeCgroup, processesIn, removeCgroup} from '../../drivers/machine/cgroups.ts'
import {identifyProcess, isRunning, killNow, waitUntil} from '../../drivers/machine/processes.ts'
import {programFile} from '../../package-root.ts'
import {hostGroup} from '../names.ts'
import {labPaths} from '../paths.ts'
import type {LabRecord} from '../state.ts'

/** In a group of its own among the lab's, so that it is found again whatever becomes of the record. */
const groupOf = (lab: string): string => hostGroup(lab, 'reconciler')

const enterScript =
  'for group; do [ "$group" != -- ] || break; echo $$ > "$group/cgroup.procs"; shift; done; shift; exec "$@"'

/** Starts the process that makes hosts of what node groups ask for, where it does not run. It outlives this one. */
export async function startReconciler(record: LabRecord): Promise<LabRecord> {
  if (record.reconciler && (await isRunning(record.reconciler))) return record
  const lab = record.name
  await stopReconciler(lab)
  const groups = await makeCgroup(await cgroupHierarchies(), groupOf(lab))
  const log = await open(join(labPaths(lab).state, 'reconciler.log'), 'a', 0o600)
  const node = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    programFile('lib/lab/aws/reconciler'),
  ]
  const child = spawn('sh', ['-c', enterScript, 'pp-lab-reconciler', ...groups, '--', ...node, lab], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
  })
  child.unref()
  await log.close()
  const reconciler = child.pid === undefined ? undefined : await identifyProcess(child.pid)
  return {...record, reconciler: reconciler ?? null}
}

/** Ends it with all that it has started; what it leaves half made the next one completes. */
export async function stopReconciler(lab: string): Promise<void> {
  const hierarchies = await cgroupHierarchies()
  await waitUntil(async () => {
    const left = await processesIn(hierarchies, groupOf(lab))
    for (const pid of left) killNow(pid)
    return left.size === 0
  }, 20)
  await removeCgroup(hierarchies, groupOf(lab))
}
