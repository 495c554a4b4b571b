import {once} from 'node:events'
import {get, type IncomingMessage} from 'node:http'
import {text} from 'node:stream/consumers'

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
    const {id, event} = await nextInvocation(`${base}/next`, signal)
    const answer = await handler(event as never).then(
      (result) => ({path: 'response', body: result ?? null}),
      (error: unknown) => ({path: 'error', body: describe(error)}),
    )
    await fetch(`${base}/${id}/${answer.path}`, {method: 'POST', body: JSON.stringify(answer.body)})
  }
}

/** Answered when there is one, hours later perhaps: fetch would give up after five minutes. */
async function nextInvocation(url: string, signal?: AbortSignal): Promise<{id: string; event: unknown}> {
  const request = get(url, signal ? {signal} : {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const id = String(response.headers['lambda-runtime-aws-request-id'] ?? '')
  return {id, event: JSON.parse(await text(response))}
}

function describe(error: unknown): {errorType: string; errorMessage: string} {
  const {name, message} = error instanceof Error ? error : new Error(String(error))
  return {errorType: name, errorMessage: message}
}
