import {refusal, type PpError} from '../errors.ts'

/** A service's Deployment is not where the fleet file says. @param cluster its name there. */
export const deploymentUnknown = (cluster: string, namespace: string, deployment: string): PpError =>
  refusal('DEPLOYMENT_UNKNOWN', {
    message: `${cluster} has no Deployment ${deployment} in the namespace ${namespace}.`,
    hint: `Correct the service's deployment, or clusters.${cluster}.namespace, in the fleet file.`,
  })
