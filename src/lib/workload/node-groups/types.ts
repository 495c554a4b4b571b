import type {NodeGroup} from '../../drivers/aws/types.ts'
import type {AwsRoom} from '../facts.ts'

export type AwsSeen =
  | (Extract<AwsRoom, {kind: 'seen'}> & {readonly groups: readonly SeenGroup[]})
  | Extract<AwsRoom, {kind: 'silent'}>

export interface SeenGroup extends NodeGroup {
  /** A cluster-autoscaler that is alive makes its nodes. */
  readonly isOfAutoscaler: boolean
  /** As in `GroupOfAws`. */
  readonly vcpus: number | undefined
}
