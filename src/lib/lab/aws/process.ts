import {spawn} from 'node:child_process'
import {open} from 'node:fs/promises'
import {join} from 'node:path'
import {cgroupHierarchies, makeCgroup, processesIn, removeCgroup} from '../../drivers/machine/cgroups.ts'
import {identifyProcess, isRunning, killNow, waitUntil} from '../../drivers/machine/processes.ts'
import type {Argv} from '../../drivers/machine/program.ts'
import {programFile} from '../../package-root.ts'
import {operatorKubeconfig} from '../cluster/variables.ts'
import {kwok, kwokStages, programPath} from '../cluster/programs.ts'
import {hostGroup} from '../names.ts'
import {labPaths} from '../paths.ts'
import type {LabRecord} from '../state.ts'

/** Processes of a lab that are no hosts: what makes hosts of what node groups ask for, and what plays kubelets. */
const processes = ['reconciler', 'kwok'] as const
type LabProcess = (typeof processes)[number]

/** In a group of its own among the lab's, so that it is found again whatever becomes of the record. */
const groupOf = (lab: string, name: LabProcess): string => hostGroup(lab, name)

const enterScript =
  'for group; do [ "$group" != -- ] || break; echo $$ > "$group/cgroup.procs"; shift; done; shift; exec "$@"'

/** Starts the process that makes hosts of what node groups ask for, where it does not run. It outlives this one. */
export async function startReconciler(record: LabRecord): Promise<LabRecord> {
  if (record.reconciler && (await isRunning(record.reconciler))) return record
  const lab = record.name
  const node = ['--disable-warning=ExperimentalWarning', programFile('lib/lab/aws/reconciler')]
  const pid = await start(lab, 'reconciler', [process.execPath, ...node, lab])
  const reconciler = pid === undefined ? undefined : await identifyProcess(pid)
  return {...record, reconciler: reconciler ?? null}
}

/** Starts KWOK, which plays the kubelets of simulated nodes, where there are some and it does not run. */
export async function startKwok(record: LabRecord): Promise<void> {
  const {name: lab, simulated} = record
  if (simulated.length === 0) return
  if ((await processesIn(await cgroupHierarchies(), groupOf(lab, 'kwok'))).size > 0) return
  await start(lab, 'kwok', [
    programPath(kwok),
    `--kubeconfig=${operatorKubeconfig(record, 'aws')}`,
    `--config=${kwokStages}`,
    `--manage-nodes-with-annotation-selector=${simulatedAnnotation}=fake`,
    '--manage-all-nodes=false',
    // Signs of life come four times as often, and nodes of a lab are given up after some seconds.
    '--node-lease-duration-seconds=8',
    // Of the Pods of site aws, and of no host.
    '--cidr=10.245.240.1/20',
    '--server-address=',
    '--v=WARN',
  ])
}

/** KWOK's own mark of nodes that it plays. */
export const simulatedAnnotation = 'kwok.x-k8s.io/node'

async function start(lab: string, name: LabProcess, argv: Argv): Promise<number | undefined> {
  await stop(lab, name)
  const groups = await makeCgroup(await cgroupHierarchies(), groupOf(lab, name))
  const log = await open(join(labPaths(lab).state, `${name}.log`), 'a', 0o600)
  const child = spawn('sh', ['-c', enterScript, `pp-lab-${name}`, ...groups, '--', ...argv], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
  })
  child.unref()
  await log.close()
  return child.pid
}

/** Ends both with all that they have started; what they leave half made the next ones complete. */
export async function stopLabProcesses(lab: string): Promise<void> {
  for (const name of processes) await stop(lab, name)
}

async function stop(lab: string, name: LabProcess): Promise<void> {
  const hierarchies = await cgroupHierarchies()
  await waitUntil(async () => {
    const left = await processesIn(hierarchies, groupOf(lab, name))
    for (const pid of left) killNow(pid)
    return left.size === 0
  }, 20)
  await removeCgroup(hierarchies, groupOf(lab, name))
}
