import {readFile} from 'node:fs/promises'
import * as z from 'zod'
import {waitUntil} from '../../drivers/machine/processes.ts'
import {messageOf, PpError, refusal, unavailableError} from '../../errors.ts'
import {pinnedVersion, kubelet} from '../cluster/programs.ts'
import {runInside} from '../inside.ts'
import {findHost, type LabRecord} from '../state.ts'
import {subnetOf} from '../subnet.ts'
import {emulatorProgram} from './packages.ts'
import {apiHost, firstOfZone, nodeSlots, zones} from './slots.ts'

const port = 5000
export const labRegion = 'us-east-1'
/** As EKS knows the cluster. */
export const eksCluster = 'pixelpulse'

/** Where the lab's AWS answers: what AWS_ENDPOINT_URL is set to. */
export const awsEndpoint = (record: LabRecord): string => `http://${findHost(record, apiHost).ip}:${port}`

/** The groups that a new lab has, as the rack's two nodes are: one for the services, one for the pool `render`. */
export const firstGroups = [
  {name: 'services', min: 1, desired: 1, max: 6, labels: {}},
  {name: 'render', min: 1, desired: 1, max: 6, labels: {'pixelpulse.io/pool': 'render'}},
].map((group) => ({...group, instanceType: 'c7i.xlarge', zones}))

const awsInstance = z.object({
  id: z.string(),
  /** Of the lab, that plays it. */
  host: z.string(),
  zone: z.string(),
  group: z.string(),
  instanceType: z.string(),
  labels: z.record(z.string(), z.string()),
  state: z.enum(['pending', 'running', 'shutting-down']),
  ageSeconds: z.number(),
  /** It boots not before this age. */
  delaySeconds: z.number(),
})
/** An instance as the emulator wants it to be. */
export type AwsInstance = z.infer<typeof awsInstance>

const awsFaults = z.object({
  /** Zones without capacity, of each node group. */
  noCapacity: z.record(z.string(), z.array(z.string())),
  delaySeconds: z.record(z.string(), z.number()),
})
export type AwsFaults = z.infer<typeof awsFaults>

export async function listInstances(record: LabRecord): Promise<readonly AwsInstance[]> {
  return z.array(awsInstance).parse(await ask(record, 'instances'))
}

/** Says what has become of an instance: its host has joined the cluster, or is gone. */
export async function tellInstance(
  record: LabRecord,
  id: string,
  state: 'running' | 'terminated',
): Promise<void> {
  await ask(record, `instances/${id}`, {state})
}

const awsGroup = z.object({name: z.string(), zones: z.array(z.string())})

export const listGroups = async (record: LabRecord): Promise<readonly z.infer<typeof awsGroup>[]> =>
  z.array(awsGroup).parse(await ask(record, 'groups'))

/** @throws PpError LAB_GROUP_UNKNOWN. */
export async function findGroup(record: LabRecord, group: string): Promise<z.infer<typeof awsGroup>> {
  const groups = await listGroups(record)
  const found = groups.find(({name}) => name === group)
  if (found) return found
  const names = groups.map(({name}) => name).join(' ')
  throw refusal('LAB_GROUP_UNKNOWN', {
    message: `Lab "${record.name}" has no node group "${group}"; it has ${names || 'none'}.`,
    hint: 'See them: pp lab status',
  })
}

export const readFaults = async (record: LabRecord): Promise<AwsFaults> =>
  awsFaults.parse(await ask(record, 'faults'))
export const writeFaults = async (record: LabRecord, faults: AwsFaults): Promise<AwsFaults> =>
  awsFaults.parse(await ask(record, 'faults', faults))

/** @throws PpError LAB_AWS_SILENT. */
async function ask(record: LabRecord, path: string, put?: object): Promise<unknown> {
  const url = `${awsEndpoint(record)}/lab/${path}`
  const response = await fetch(url, {
    signal: AbortSignal.timeout(5000),
    ...(put && {method: 'PUT', body: JSON.stringify(put), headers: {'content-type': 'application/json'}}),
  }).catch((error: unknown) => {
    throw silent(url, messageOf(error), error)
  })
  if (!response.ok) throw silent(url, `status ${response.status}`)
  return response.json()
}

const silent = (url: string, said: string, cause?: unknown): PpError =>
  unavailableError('LAB_AWS_SILENT', {
    message: `The emulator of AWS gives no answer to ${url}: ${said}.`,
    hint: `Look inside: pp lab shell ${apiHost} -- journalctl -b --no-pager -u aws-api; pp lab up starts it again`,
    cause,
  })

/** Writes what differs, and says so. */
const writeScript = `import json, os, sys
for path, text in json.load(sys.stdin).items():
    if not os.path.exists(path) or open(path).read() != text:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'w').write(text)
        print(path)`

const folder = '/var/lib/aws-api'
const unit = `[Unit]
Description=Emulator of AWS
After=network.target

[Service]
Environment=PYTHONPATH=/opt/aws-api PYTHONPYCACHEPREFIX=${folder}/pycache
ExecStart=/usr/bin/python3 -W ignore ${folder}/emulator.py ${folder}/configuration.json
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`

/** Starts the emulator on its host, anew where it is of another version, and waits until it answers. @throws PpError LAB_UNHEALTHY. */
export async function startEmulator(record: LabRecord): Promise<void> {
  const host = findHost(record, apiHost)
  const files = {
    [`${folder}/emulator.py`]: await readFile(emulatorProgram, 'utf8'),
    [`${folder}/configuration.json`]: JSON.stringify(configuration(record)),
    '/etc/systemd/system/aws-api.service': unit,
  }
  const written = await runInside(host, ['python3', '-c', writeScript], {
    input: JSON.stringify(files),
    timeoutSeconds: 10,
  })
  const action = written.stdout === '' ? 'start' : 'restart'
  const script = `systemctl daemon-reload && systemctl enable -q aws-api && systemctl ${action} aws-api`
  await runInside(host, ['sh', '-c', script], {timeoutSeconds: 20})
  if (await waitUntil(() => answers(record), 60, 200)) return
  throw new PpError('degraded', 'LAB_UNHEALTHY', {
    message: `The emulator of AWS of lab "${record.name}" does not answer at ${awsEndpoint(record)}.`,
    hint: `Look inside: pp lab shell ${apiHost} -- journalctl -b --no-pager -u aws-api`,
  })
}

const answers = (record: LabRecord): Promise<boolean> =>
  listInstances(record).then(
    () => true,
    () => false,
  )

function configuration(record: LabRecord): object {
  const {cidr, prefix} = subnetOf(record.subnetIndex ?? 0, 'aws')
  return {
    address: findHost(record, apiHost).ip,
    port,
    state: `${folder}/state.json`,
    cidr,
    // As many nodes as the lab can have, and no more.
    vcpuQuota: 4 * nodeSlots.length,
    cluster: {
      name: eksCluster,
      version: pinnedVersion(kubelet).replace(/\.\d+$/, ''),
      endpoint: `https://${findHost(record, 'aws-ctl').ip}:6443`,
    },
    zones: zones.map((zone) => ({
      name: zone,
      cidr: `${prefix}.${firstOfZone(zone)}/26`,
      slots: nodeSlots
        .filter((slot) => slot.zone === zone)
        .map(({name, number}) => ({name, ip: `${prefix}.${number}`})),
    })),
    groups: firstGroups,
  }
}
