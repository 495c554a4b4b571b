import type {FaultSpec, LoadAct, OperationAct, ParallelAct, SingleAct} from './format/types.ts'

/** What a run does, in the journal as it is here: hosts are names of the inventory, `{primary}` is resolved. */
export type DrillStep =
  /** Holds the services that are disturbed: nobody else changes them until they are released. */
  | {readonly kind: 'hold-services'; readonly name: 'hold-services'; readonly services: readonly string[]}
  | {
      readonly kind: 'release-services'
      readonly name: 'release-services'
      readonly services: readonly string[]
    }
  /** Starts the marker writer on the client host; the outage is measured from there. */
  | {readonly kind: 'markers'; readonly name: 'markers'}
  | ActStep
  /** Waits until what has to hold `until-recovered` holds again. */
  | {readonly kind: 'recover'; readonly name: 'recover'}
  /** Finishes an operation that was begun and interrupted. */
  | {readonly kind: 'settle'; readonly name: 'settle'}
  /** Looks at what has to hold `after`. */
  | {readonly kind: 'steady'; readonly name: 'steady'}
  /** Stops the marker writer and takes its records. */
  | {readonly kind: 'collect'; readonly name: 'collect'}

export type ActStep =
  SingleStep | {readonly kind: 'parallel'; readonly name: string; readonly steps: readonly SingleStep[]}

export type SingleStep =
  | {readonly kind: 'fault'; readonly name: string; readonly fault: FaultSpec}
  /** Undoes the fault of that name. */
  | {readonly kind: 'lift'; readonly name: string; readonly fault: string}
  | {
      readonly kind: 'operation'
      readonly name: string
      readonly operation: OperationAct['operation']
      readonly with: OperationAct['with']
      readonly timeoutSeconds: number
    }
  | {
      readonly kind: 'load'
      readonly name: string
      readonly script: string
      readonly service: string
      readonly site: string
      readonly settings: LoadAct['settings']
      readonly timeoutSeconds: number
    }
  | {
      readonly kind: 'wait'
      readonly name: string
      readonly probe: string | undefined
      readonly timeoutSeconds: number
    }

export const isParallel = (act: SingleAct | ParallelAct): act is ParallelAct => act.act === 'parallel'

/** Every single step in it; a parallel one stands for its parts. */
export const singleSteps = (step: DrillStep): readonly SingleStep[] =>
  step.kind === 'parallel' ? step.steps : isSingle(step) ? [step] : []

const isSingle = (step: DrillStep): step is SingleStep =>
  ['fault', 'lift', 'operation', 'wait', 'load'].includes(step.kind)
