/**
 * Serves invocations as AWS Lambda's runtime interface hands them out, one after the other, until `signal` ends it: asks
 * `AWS_LAMBDA_RUNTIME_API` for the next one, and answers it or says what went wrong.
 * Source: AWS Lambda, "Using the Lambda runtime API for custom runtimes".
 */
export async function serveInvocations(
  api: string,
  handler: (event: never) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const base = `http://${api}/2018-06-01/runtime/invocation`
  while (signal?.aborted !== true) {
    const next = await fetch(`${base}/next`, signal ? {signal} : {})
    const id = next.headers.get('lambda-runtime-aws-request-id') ?? ''
    const answer = await handler((await next.json()) as never).then(
      (result) => ({path: 'response', body: result ?? null}),
      (error: unknown) => ({path: 'error', body: describe(error)}),
    )
    await fetch(`${base}/${id}/${answer.path}`, {method: 'POST', body: JSON.stringify(answer.body)})
  }
}

function describe(error: unknown): {errorType: string; errorMessage: string} {
  const {name, message} = error instanceof Error ? error : new Error(String(error))
  return {errorType: name, errorMessage: message}
}
