import {refusal} from '../../errors.ts'

export const needsImage = (service: string, cluster: string) =>
  refusal('UNTIL_NEEDS_IMAGE', {
    message: `${cluster}: what --until sets on ${service} is given back by a Job, and the fleet file names no image of pp for it.`,
    hint: `Set clusters.${cluster}.image in the fleet file to an image that its nodes can pull.`,
  })
