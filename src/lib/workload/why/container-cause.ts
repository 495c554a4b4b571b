import type {CauseKind, ContainerState, Ended, EventState, PodState} from './types.ts'

/** Why one container, or the Pod around it, is not ready. */
export interface ContainerCause {
  readonly kind: CauseKind
  /** What makes it the same cause as another Pod's: the image, the exit code. */
  readonly about: string
  readonly evidence: readonly string[]
  readonly firstSeen: string | undefined
}

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
])
const startReasons = new Set(['CreateContainerError', 'RunContainerError', 'PostStartHookError'])

/** After so long a run the kubelet begins its back-off anew: what ended before has nothing to do with how it is now. */
const forgottenMs = 600_000

/**
 * Why a container is not ready.
 *
 * @param events of its Pod.
 * @returns undefined while nothing is wrong with it that is known.
 */
export function containerCause(
  container: ContainerState,
  events: readonly EventState[],
  now: Date,
): ContainerCause | undefined {
  const {name, image, isInit, isReady, waiting, runningSince} = container
  if (waiting && imageReasons.has(waiting.reason))
    return {
      kind: 'image',
      about: image,
      evidence: [`${image}: ${pullFailure(waiting, events)}`],
      firstSeen: firstOf(events, /^(Failed|BackOff|InspectFailed|ErrImageNeverPull)$/),
    }
  if (waiting?.reason === 'CreateContainerConfigError')
    return {
      kind: 'config',
      about: waiting.message,
      evidence: [`container ${name}: ${waiting.message}`],
      firstSeen: firstOf(events, /^Failed$/),
    }
  if (waiting && startReasons.has(waiting.reason))
    return {
      kind: 'start',
      about: waiting.reason,
      evidence: [`container ${name}: ${waiting.message || waiting.reason}`],
      firstSeen: firstOf(events, /^Failed$/),
    }
  const isLongRun = runningSince !== undefined && now.getTime() - Date.parse(runningSince) > forgottenMs
  const ended = container.ended ?? (isReady || isLongRun ? undefined : container.before)
  if (ended && !(isInit && ended.exitCode === 0)) return endedCause(container, ended, events)
  return probeCause(container, events)
}

/** The kubelet's back-off says less than the failure before it. */
function pullFailure({reason, message}: {reason: string; message: string}, events: readonly EventState[]) {
  const failed = latest(events.filter((event) => event.message.startsWith('Failed to pull image')))
  return shortened(/rpc error|failed to/.test(message) ? message : (failed?.message ?? (message || reason)))
}

function endedCause(
  container: ContainerState,
  {exitCode, reason, message, at}: Ended,
  events: readonly EventState[],
): ContainerCause {
  const {name, restarts, lastLines} = container
  const again = restarts > 0 ? [`started again ${times(restarts)}`] : []
  const since = firstOf(events, /^BackOff$/) ?? at
  if (reason === 'OOMKilled')
    return {
      kind: 'memory-limit',
      about: name,
      evidence: [
        [`container ${name} was killed for taking more memory than its limit`, ...again].join(', '),
        ...lastLines,
      ],
      firstSeen: since,
    }
  const killed = latest(
    events.filter(
      (event) => event.reason === 'Killing' && /failed (liveness|startup) probe/.test(event.message),
    ),
  )
  if (killed) {
    const said = latest(events.filter(({reason: one}) => one === 'Unhealthy'))
    return {
      kind: 'probe',
      about: killed.message.includes('startup') ? 'startup' : 'liveness',
      evidence: [[killed.message, ...again].join('; '), ...(said ? [counted(said)] : []), ...lastLines],
      firstSeen: firstOf(events, /^Unhealthy$/) ?? since,
    }
  }
  if (['StartError', 'ContainerCannotRun'].includes(reason))
    return {
      kind: 'start',
      about: message,
      evidence: [`container ${name}: ${shortened(message)}`],
      firstSeen: since,
    }
  const how = exitCode > 128 ? `exit code ${exitCode} (signal ${exitCode - 128})` : `exit code ${exitCode}`
  return {
    kind: 'crash',
    about: `${name} ${exitCode}`,
    evidence: [[`container ${name} ends with ${how}`, ...again].join(', '), ...lastLines],
    firstSeen: since,
  }
}

function probeCause({name, isReady, runningSince}: ContainerState, events: readonly EventState[]) {
  if (isReady || runningSince === undefined) return undefined
  // What an earlier run of the container was told is over.
  const failing = latest(
    events.filter(
      ({reason, lastSeen}) => reason === 'Unhealthy' && lastSeen !== undefined && lastSeen >= runningSince,
    ),
  )
  if (!failing) return undefined
  const [which = 'probe'] = /^(Readiness|Startup|Liveness)/.exec(failing.message) ?? []
  return {
    // A startup probe fails until it is up; when it has failed too often the container is killed.
    kind: which === 'Startup' ? ('starting' as const) : ('probe' as const),
    about: which.toLowerCase(),
    evidence: [`container ${name}: ${counted(failing)}`],
    firstSeen: failing.firstSeen,
  }
}

const patternsOfMount: readonly (readonly [RegExp, CauseKind])[] = [
  [/(secret|configmap) .*not found|references non-existent (secret|config)/i, 'config'],
  [/./s, 'volume'],
]

/** Why a Pod that has a node has no container yet. */
export function sandboxCause(
  {createdAt}: PodState,
  events: readonly EventState[],
): ContainerCause | undefined {
  const failed = latest(
    events.filter(({reason}) =>
      ['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedCreatePodSandBox'].includes(reason),
    ),
  )
  if (!failed) return undefined
  const isSandbox = failed.reason === 'FailedCreatePodSandBox'
  const found = patternsOfMount.find(([pattern]) => pattern.test(failed.message))?.[1] ?? 'volume'
  return {
    kind: isSandbox ? 'sandbox' : found,
    about: /(?:secret|configmap|volume) "[^"]+"/i.exec(failed.message)?.[0] ?? failed.reason,
    evidence: [counted({...failed, message: shortened(failed.message)})],
    firstSeen: failed.firstSeen ?? createdAt,
  }
}

const counted = ({message, count}: EventState): string =>
  count > 1 ? `${message.trim()} (${times(count)})` : message.trim()

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

export const latest = (events: readonly EventState[]): EventState | undefined =>
  events.toSorted((a, b) => (a.lastSeen ?? '').localeCompare(b.lastSeen ?? '')).at(-1)

function firstOf(events: readonly EventState[], reason: RegExp): string | undefined {
  return events
    .filter((event) => reason.test(event.reason))
    .flatMap(({firstSeen}) => firstSeen ?? [])
    .toSorted()[0]
}

const mostCharacters = 400

/** A message of a runtime may go on for pages. */
function shortened(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters)} …` : line
}
