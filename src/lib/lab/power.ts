import {spawn} from 'node:child_process'
import {open, readFile, readdir} from 'node:fs/promises'
import {connect} from 'node:net'
import {basename, join} from 'node:path'
import {
  cgroupHierarchies,
  isFrozen,
  makeCgroup,
  processesIn,
  removeCgroup,
  setFrozen,
} from '../drivers/machine/cgroups.ts'
import {again} from '../again.ts'
import {childrenOf, identifyProcess, isRunning, killNow, waitUntil} from '../drivers/machine/processes.ts'
import {unavailableError} from '../errors.ts'
import {basePath} from './base.ts'
import {emulatorPackages} from './aws/packages.ts'
import {apiHost} from './aws/slots.ts'
import {programsPath} from './cluster/programs.ts'
import {dataImage} from './disk.ts'
import {initScript, startScript} from './init-script.ts'
import {hostGroup, hostNamespace, namespaceFile} from './names.ts'
import {cutLink, plugIn, unplug} from './network.ts'
import {labPaths} from './paths.ts'
import type {HostRecord, LabRecord} from './state.ts'

/** Whether the host's systemd runs, frozen or not. */
export const isPowered = async (host: HostRecord): Promise<boolean> =>
  host.init !== null && isRunning(host.init)

/** Boots the host with the disk it has; returns when its systemd runs, before its services do. */
export async function boot(record: LabRecord, host: HostRecord): Promise<HostRecord> {
  const lab = record.name
  if (record.subnetIndex === null) throw new Error(`lab ${lab} has no network to boot ${host.name} in`)
  const hierarchies = await cgroupHierarchies()
  const folder = labPaths(lab).host(host.name)
  await Promise.all([
    plugIn(lab, host, record.subnetIndex),
    makeCgroup(hierarchies, hostGroup(lab, host.name)),
  ])
  const top = hierarchies.length === 1 && hierarchies[0]?.mountPoint === '/sys/fs/cgroup'
  const console = await open(join(folder, 'console.log'), 'w', 0o600)
  const child = spawn(
    'sh',
    [
      ...['-c', startScript, 'pp-lab-start', namespaceFile(hostNamespace(lab, host.name)), initScript],
      ...hierarchies.map(({mountPoint}) => `${mountPoint}/${hostGroup(lab, host.name)}`),
      '--',
      ...[
        folder,
        basePath(),
        host.name,
        host.hasDataDisk ? dataImage(lab, host.name) : '',
        labPaths(lab).archive,
        host.hasKubernetes ? programsPath() : '',
        host.name === apiHost ? emulatorPackages() : '',
      ],
      ...hierarchies.flatMap(({version, options, mountPoint}) => [
        version === 2 ? 'v2' : options,
        top ? '.' : basename(mountPoint),
      ]),
    ],
    // Detached and with files only: the host outlives this process and holds none of its terminals or pipes.
    {
      detached: true,
      stdio: ['ignore', console.fd, console.fd],
      cwd: '/',
      env: {PATH: '/usr/sbin:/usr/bin:/sbin:/bin'},
    },
  )
  child.unref()
  await console.close()
  return identifyHost(host, child.pid, folder)
}

async function identifyHost(host: HostRecord, pid: number | undefined, folder: string): Promise<HostRecord> {
  const supervisor = pid === undefined ? undefined : await identifyProcess(pid)
  let init: number | undefined
  await waitUntil(async () => {
    if (!supervisor || !(await isRunning(supervisor))) return true
    const [first] = await childrenOf(supervisor.pid)
    const command = first === undefined ? '' : await readFile(`/proc/${first}/comm`, 'utf8').catch(() => '')
    if (command.trim() === 'systemd') init = first
    return init !== undefined
  }, 20)
  const identity = init === undefined ? undefined : await identifyProcess(init)
  if (supervisor && identity) return {...host, supervisor, init: identity}
  const said = (await readFile(join(folder, 'console.log'), 'utf8')).trim().split('\n').slice(-5).join('\n')
  throw unavailableError('LAB_BOOT_FAILED', {
    message: `Lab host ${host.name} did not boot: ${said || 'it said nothing'}`,
    hint: `Its console is ${join(folder, 'console.log')}; start afresh with: pp lab down`,
  })
}

/** Waits until sshd of the host answers. @throws PpError LAB_BOOT_FAILED. */
export async function waitForSsh(host: HostRecord, timeoutSeconds = 60): Promise<void> {
  if (await waitUntil(() => greets(host.ip), timeoutSeconds, 50)) return
  throw unavailableError('LAB_BOOT_FAILED', {
    message: `Lab host ${host.name} booted, but its sshd did not answer on ${host.ip} within ${timeoutSeconds} s.`,
    hint: `With several labs up, the kernel may have no inotify instance left: sysctl fs.inotify.max_user_instances=1024\nLook inside: pp lab shell ${host.name} -- journalctl -u ssh`,
  })
}

const greets = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({host: address, port: 22, timeout: 1000})
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (data) => { end(data.toString('latin1').startsWith('SSH-'))() }) // prettier-ignore
    socket.once('error', end(false))
    socket.once('timeout', end(false))
    socket.once('close', end(false))
  })

/**
 * Pulls the plug. The link goes first, so that peers meet silence and neither FIN nor RST; a frozen host is thawed then,
 * because it could not die. Returns when nothing of it is left and its disk is free to boot from again.
 */
export async function powerOff(lab: string, host: HostRecord): Promise<HostRecord> {
  await cutLink(lab, host)
  const hierarchies = await cgroupHierarchies()
  const group = hostGroup(lab, host.name)
  if (await isFrozen(hierarchies, group)) await setFrozen(hierarchies, group, false)
  if (host.init && (await isRunning(host.init))) killNow(host.init.pid)
  // A host that half booted is known by its group only. Its init is there too, and takes the rest with it.
  const gone = await waitUntil(async () => {
    const left = await processesIn(hierarchies, group)
    for (const pid of left) killNow(pid)
    return left.size === 0
  }, 20)
  const free = await waitUntil(async () => !(await isAttached(dataImage(lab, host.name))), 20)
  if (!gone || !free) {
    throw unavailableError('LAB_POWER_OFF_FAILED', {
      message: `Lab host ${host.name} is cut off but ${gone ? 'its disk is still attached' : 'processes of it are left'}.`,
      hint: again(),
    })
  }
  await unplug(lab, host)
  await removeCgroup(hierarchies, group)
  return {...host, supervisor: null, init: null}
}

/** Whether a loop device of this machine still uses the image; the kernel detaches it with the host's last mount. */
async function isAttached(image: string): Promise<boolean> {
  const devices = (await readdir('/sys/block')).filter((device) => device.startsWith('loop'))
  const files = await Promise.all(
    devices.map((device) => readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '')),
  )
  return files.some((file) => file.trim() === image)
}
