import {describe, expect, test} from '@jest/globals'

import {awsFailure} from '../../../../src/lib/drivers/aws/errors.ts'
import type {AwsAccess} from '../../../../src/lib/drivers/aws/types.ts'

const access: AwsAccess = {
  name: 'aws',
  cluster: 'pixelpulse',
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:5000',
  credentials: undefined,
}

/** As the SDK throws it; without a status no answer came. */
const thrown = (name: string, status?: number): Error =>
  Object.assign(new Error(`said ${name}`), {name, $metadata: {httpStatusCode: status}})

describe('a call of AWS that fails', () => {
  test.each([
    {cause: thrown('ExpiredTokenException', 400), code: 'AWS_LOGIN_REFUSED', exitCode: 4},
    {cause: thrown('CredentialsProviderError'), code: 'AWS_LOGIN_REFUSED', exitCode: 4},
    {cause: thrown('AccessDeniedException', 403), code: 'AWS_FORBIDDEN', exitCode: 4},
    {cause: thrown('TimeoutError'), code: 'AWS_UNREACHABLE', exitCode: 5},
    {cause: thrown('ThrottlingException', 400), code: 'AWS_FAILED', exitCode: 5},
  ])('as $cause.name is $code, naming action and cluster', ({cause, code, exitCode}) => {
    const failure = awsFailure(access, 'eks:ListNodegroups', cause)
    expect(failure).toMatchObject({code, exitCode, cause})
    expect(failure.message).toContain('eks:ListNodegroups')
    expect(failure.message).toContain('aws')
  })
})
