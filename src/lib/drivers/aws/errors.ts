import {deniedError, messageOf, PpError, refusal, unavailableError} from '../../errors.ts'
import type {AwsAccess} from './types.ts'

const unknownWho =
  /^(CredentialsProviderError|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|AuthFailure|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|TokenRefreshRequired)$/
const notAllowed = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|NotAuthorized)$/

/** What a call of the SDK threw, as what the operator can do about it. @param action as IAM names it: `eks:ListNodegroups`. */
export function awsFailure({name, endpoint}: AwsAccess, action: string, cause: unknown): PpError {
  if (cause instanceof PpError) return cause
  const said = messageOf(cause)
  const code = Error.isError(cause) ? cause.name : ''
  if (unknownWho.test(code))
    return deniedError('AWS_LOGIN_REFUSED', {
      message: `AWS does not know who asks for ${action} of ${name}: ${said}`,
      hint: 'aws sts get-caller-identity',
      cause,
    })
  if (notAllowed.test(code))
    return deniedError('AWS_FORBIDDEN', {
      message: `AWS does not allow ${action} for ${name}: ${said}`,
      hint: `Give ${action} to whom this names: aws sts get-caller-identity`,
      cause,
    })
  if (status(cause) === undefined)
    return unavailableError('AWS_UNREACHABLE', {
      message: `AWS gives no answer to ${action} for ${name}${endpoint === undefined ? '' : ` at ${endpoint}`}: ${said || code}`,
      hint: 'See whether the endpoint answers: aws eks list-clusters',
      cause,
    })
  return unavailableError('AWS_FAILED', {
    message: `AWS answers ${action} for ${name} with ${code}: ${said}`,
    hint: 'What it did before: aws autoscaling describe-scaling-activities',
    cause,
  })
}

/** HTTP status of an answer; undefined: there was none. */
const status = (cause: unknown): number | undefined =>
  (cause as {$metadata?: {httpStatusCode?: number}} | undefined)?.$metadata?.httpStatusCode

export const groupUnknown = ({name}: AwsAccess, group: string, known: readonly string[]): PpError =>
  refusal('NODE_GROUP_UNKNOWN', {
    message: `${name} has no node group "${group}"; it has ${known.join(', ') || 'none'}.`,
    hint: 'Name it in the fleet file as EKS does: aws eks list-nodegroups',
  })

export const atMax = ({cluster}: AwsAccess, group: string, desired: number, max: number): PpError =>
  refusal('NODE_GROUP_AT_MAX', {
    message: `Node group ${group} may have ${max} nodes, and ${desired} are asked for.`,
    hint: `Raise it where it is declared, or: aws eks update-nodegroup-config --cluster-name ${cluster} --nodegroup-name ${group} --scaling-config maxSize=${desired}`,
  })

export const atMin = ({cluster}: AwsAccess, group: string, instance: string, min: number): PpError =>
  refusal('NODE_GROUP_AT_MIN', {
    message: `Node group ${group} must have ${min} nodes, so ${instance} cannot be taken out of it.`,
    hint: `Lower it where it is declared, or: aws eks update-nodegroup-config --cluster-name ${cluster} --nodegroup-name ${group} --scaling-config minSize=${min - 1}`,
  })

export const resizeLate = ({cluster}: AwsAccess, group: string, seconds: number): PpError =>
  unavailableError('NODE_GROUP_UNCHANGED', {
    message: `EKS was asked for other sizes of node group ${group}, and after ${seconds} s its Auto Scaling group does not have them.`,
    hint: `aws eks list-updates --name ${cluster} --nodegroup-name ${group}`,
  })
