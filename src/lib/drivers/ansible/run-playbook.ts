import {execa} from 'execa'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {packageRoot} from '../../package-root.ts'
import {endMarked} from './descendants.ts'
import {parseEvent, type HostCounts, type PlaybookEvent, type TaskResult} from './events.ts'
import {ansibleMissing, playbookFailure} from './failure.ts'

/** Folder of the playbooks that come with `pp`. */
export const playbooksFolder = join(packageRoot, 'playbooks/ansible')

export interface PlaybookRun {
  /** Absolute path of an inventory file or folder; of several, the later ones add to the earlier. */
  readonly inventory: string | readonly string[]
  /** Absolute path of the playbook. */
  readonly playbook: string
  /** JSON or YAML file of variables; the way for everything that is not to be seen in a process list. */
  readonly extraVarsFile?: string
  /** Only these hosts or groups. */
  readonly limit?: readonly string[]
  /** Says what would change, and changes nothing. */
  readonly check?: boolean
  /** Arguments for every `ssh`, such as `['-F', file]`. */
  readonly sshArgs?: readonly string[]
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly onEvent?: (event: PlaybookEvent) => void
  /** Ends the run; what a module already does on a host goes on there to its end. */
  readonly signal?: AbortSignal
}

export interface PlaybookResult {
  readonly hosts: Readonly<Record<string, HostCounts>>
  /** What was changed, or with `check` would be. */
  readonly changes: readonly {
    readonly host: string
    readonly task: string
    readonly details: readonly string[]
  }[]
  /** What the playbook tells people, such as members that were left without data. */
  readonly notices: readonly {readonly host: string; readonly message: string}[]
  readonly seconds: number
}

const graceSeconds = 2
const keptLines = 20

/**
 * Plays a playbook and reports each event as it happens.
 *
 * When it returns or throws, no process of the run is left on this machine.
 *
 * @throws PpError ANSIBLE_MISSING, ANSIBLE_FAILED, ANSIBLE_UNREACHABLE; the signal's reason when that was aborted.
 */
export async function runPlaybook(run: PlaybookRun): Promise<PlaybookResult> {
  run.signal?.throwIfAborted()
  // Sockets of SSH's shared connections lie here; its name, which no other run has, marks every process of this one.
  const connections = await mkdtemp(join(tmpdir(), 'pp-ssh-'))
  const started = performance.now()
  try {
    const played = await play(run, connections)
    run.signal?.throwIfAborted()
    if (played.status !== 0) throw playbookFailure({playbook: run.playbook, ...played})
    return {...summary(played.events), seconds: (performance.now() - started) / 1000}
  } finally {
    // SSH keeps connections open in the background for the next task; now there is none.
    await endMarked(connections, graceSeconds)
    await rm(connections, {recursive: true, force: true})
  }
}

interface Played {
  readonly status: number | undefined
  readonly events: readonly PlaybookEvent[]
  readonly results: readonly TaskResult[]
  readonly said: readonly string[]
}

async function play(run: PlaybookRun, connections: string): Promise<Played> {
  const child = execa('ansible-playbook', playbookArguments(run), {
    // A group of its own: Ctrl-C at the terminal reaches pp, which decides, and not the playbook.
    detached: true,
    reject: false,
    stdin: 'ignore',
    buffer: false,
    env: {...run.environment, ...ansibleEnvironment(run, connections)},
  })
  const stop = (): void => {
    endMarked(connections, graceSeconds).catch(() => undefined)
  }
  run.signal?.addEventListener('abort', stop, {once: true})
  try {
    const events: PlaybookEvent[] = []
    const said: string[] = []
    const readLine = (line: string): void => {
      const event = parseEvent(line)
      if (event) {
        events.push(event)
        run.onEvent?.(event)
      } else if (line.trim() !== '' && !line.startsWith('{')) {
        said.push(line)
        if (said.length > keptLines) said.shift()
      }
    }
    const streams = (['stdout', 'stderr'] as const).map((from) => eachLine(child.iterable({from}), readLine))
    const [ended, ...reading] = await Promise.allSettled([child, ...streams])
    if (ended.status === 'rejected') throw ended.reason
    if (ended.value.code === 'ENOENT') throw ansibleMissing(ended.value.cause)
    for (const read of reading) if (read.status === 'rejected') throw read.reason
    const results = events.filter((event) => event.event === 'result')
    return {status: ended.value.exitCode, events, results, said}
  } finally {
    run.signal?.removeEventListener('abort', stop)
  }
}

async function eachLine(lines: AsyncIterable<unknown>, read: (line: string) => void): Promise<void> {
  for await (const line of lines) read(String(line))
}

function playbookArguments({
  inventory,
  playbook,
  extraVarsFile,
  limit,
  check,
}: PlaybookRun): readonly string[] {
  return [
    ...[inventory].flat().flatMap((one) => ['--inventory', one]),
    ...(extraVarsFile === undefined ? [] : ['--extra-vars', `@${extraVarsFile}`]),
    ...(limit && limit.length > 0 ? ['--limit', limit.join(',')] : []),
    ...(check ? ['--check'] : []),
    playbook,
  ]
}

function ansibleEnvironment({sshArgs = []}: PlaybookRun, connections: string): Record<string, string> {
  const sharing = ['-o', 'ControlMaster=auto', '-o', 'ControlPersist=60s']
  return {
    ANSIBLE_CONFIG: join(playbooksFolder, 'ansible.cfg'),
    ANSIBLE_CALLBACK_PLUGINS: join(playbooksFolder, 'callback_plugins'),
    ANSIBLE_STDOUT_CALLBACK: 'pp_events',
    ANSIBLE_SSH_ARGS: [...sharing, ...sshArgs].map(quoteWord).join(' '),
    ANSIBLE_SSH_CONTROL_PATH_DIR: connections,
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
  }
}

/** Ansible splits this variable as a shell would. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`
}

function summary(events: readonly PlaybookEvent[]): Omit<PlaybookResult, 'seconds'> {
  const hosts = events.find((event) => event.event === 'stats')?.hosts ?? {}
  const changes = events
    .filter((event) => event.event === 'result')
    .filter(({status}) => status === 'changed')
  const notices = events.filter((event) => event.event === 'notice')
  return {
    hosts,
    changes: changes.map(({host, task, details}) => ({host, task, details})),
    notices: notices.map(({host, message}) => ({host, message})),
  }
}
