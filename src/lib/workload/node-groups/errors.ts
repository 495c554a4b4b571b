import {refusal, type PpError} from '../../errors.ts'

/** What was begun with node groups cannot be ended without knowing where they are. */
export const awsMissing = (cluster: string): PpError =>
  refusal('AWS_NOT_DECLARED', {
    message: `The fleet file does not say any more which EKS cluster ${cluster} is.`,
    hint: `Set clusters.${cluster}.aws and its nodeGroups in the fleet file, then: pp config explain`,
  })
