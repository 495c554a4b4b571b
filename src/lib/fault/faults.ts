import {cutFault} from './cut.ts'
import {diskFullFault} from './disk-full.ts'
import {freezeFault} from './freeze.ts'
import {hangArchiverFault} from './hang-archiver.ts'
import {killFault} from './kill.ts'
import {powerOffFault} from './power-off.ts'
import {hangingSwitchFault, lyingSwitchFault} from './power-switch.ts'
import {slowFault} from './slow.ts'
import type {BreakableHost, Fault, FaultRecord} from './types.ts'

/** The fault that a record stands for, on the host it names. */
export function faultOf(host: BreakableHost, record: FaultRecord): Fault {
  switch (record.kind) {
    case 'power-off':
      return powerOffFault(host, record)
    case 'freeze':
      return freezeFault(host, record)
    case 'cut':
      return cutFault(host, record)
    case 'disk-full':
      return diskFullFault(host, record)
    case 'kill':
      return killFault(host, record)
    case 'hang-archiver':
      return hangArchiverFault(host, record)
    case 'slow':
      return slowFault(host, record)
    case 'switch-lies':
      return lyingSwitchFault(host, record)
    case 'switch-hangs':
      return hangingSwitchFault(host, record)
  }
}

/** In words: "cut from edge1, one way". */
export function describeFault({kind, from, oneWay, process, delayMs}: FaultRecord): string {
  const words: Record<FaultRecord['kind'], string> = {
    'power-off': 'powered off',
    freeze: 'frozen',
    cut: `cut off${from.length > 0 ? ` from ${from.join(' ')}` : ''}${oneWay ? ', one way: it hears and is not heard' : ''}`,
    'disk-full': 'disk full',
    kill: `${process ?? ''} killed`,
    'hang-archiver': 'unable to archive',
    slow: `${delayMs ?? 0} ms slow, each way`,
    'switch-lies': 'at a power switch that lies',
    'switch-hangs': 'at a power switch that hangs',
  }
  return words[kind]
}

export function sameFault(a: FaultRecord, b: FaultRecord): boolean {
  const key = ({kind, host, from, oneWay, process, delayMs}: FaultRecord) =>
    JSON.stringify([kind, host, [...from].sort(), oneWay, process, delayMs])
  return key(a) === key(b)
}
