import type {HostFaultKind} from './types.ts'

/** What somebody has to know before a fault is put in force, in words. */
export interface DeclaredFault {
  /** What the host has to have. */
  readonly needs: string
  /** All that may suffer. */
  readonly mayHit: string
  readonly undoneBy: string
  readonly provedBy: {readonly inForce: string; readonly gone: string}
  /** Whether the host lifts it at its time though pp is gone. */
  readonly expiresByItself: boolean
}

const startedAgain =
  'starting the unit, whose boot gate decides whether it may be writable; left alone where it is masked or fenced'

/** Every fault of a drill, as docs/host-helper.md has it for people. */
export const declaredFaults: Readonly<Record<HostFaultKind | 'power-off', DeclaredFault>> = {
  'power-off': {
    needs: 'a power switch in the fleet file (fence.power)',
    mayHit: 'everything on the host; what it had not synced is lost',
    undoneBy: 'the power switch, and the boot of the host',
    provedBy: {
      inForce: 'the switch says off and SSH is silent',
      gone: 'the switch says on and SSH answers',
    },
    expiresByItself: false,
  },
  stop: {
    needs: 'a server or pooler of the database that runs',
    mayHit: 'the server of the host, or the poolers where it has none',
    undoneBy: startedAgain,
    provedBy: {inForce: 'no process of it runs', gone: 'the unit is active, or held down by an operation'},
    expiresByItself: true,
  },
  kill: {
    needs: 'a server or pooler of the database that runs',
    mayHit: 'the server of the host, or the poolers where it has none; it recovers from its WAL',
    undoneBy: startedAgain,
    provedBy: {
      inForce: 'every process that ran has ended',
      gone: 'the unit is active, or held down by an operation',
    },
    expiresByItself: true,
  },
  freeze: {
    needs: 'a server or pooler of the database that runs',
    mayHit: 'the server of the host, or the poolers where it has none; their connections stay open',
    undoneBy: 'SIGCONT to all its processes',
    provedBy: {
      inForce: 'the kernel says that all of them stand still',
      gone: 'the kernel says that none does',
    },
    expiresByItself: true,
  },
  cut: {
    needs: 'nftables on the host',
    mayHit: 'all traffic between the host and those named, everybody when none is: SSH and pp too',
    undoneBy: 'taking the rules away; where pp cannot reach the host, by the host itself at its time',
    provedBy: {
      inForce: 'the kernel lets no packet out to them; from outside, SSH is silent',
      gone: 'no rule is left',
    },
    expiresByItself: true,
  },
  'disk-full': {
    needs: 'a data directory on a file system apart from the rest of the host',
    mayHit: 'the server, and whatever else lies on that file system',
    undoneBy: 'removing the file that fills it',
    provedBy: {
      inForce: 'the kernel says that there is no space for one block',
      gone: 'a block can be written',
    },
    expiresByItself: true,
  },
  'hang-archiver': {
    needs: 'the program that archives, named in host.json',
    mayHit: 'WAL piles up on the disk of the server, and a stop of it lasts',
    undoneBy: 'putting the program back; a call that hangs goes on by itself',
    provedBy: {inForce: 'a trial of archive_command does not end', gone: 'a trial ends'},
    expiresByItself: true,
  },
  'api-server-down': {
    needs: 'an API server of Kubernetes that runs, named in host.json',
    mayHit:
      'the whole control plane of the cluster; what runs in it runs on, and nothing replaces what is lost',
    undoneBy: 'starting the unit',
    provedBy: {
      inForce: 'the unit is down and its port takes no connection',
      gone: 'the unit is active and its port takes connections',
    },
    expiresByItself: true,
  },
}
