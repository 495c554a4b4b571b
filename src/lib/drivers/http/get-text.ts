import type {HttpAnswer} from './get.ts'

/** One GET; redirects are not followed. @throws what the connection or the time-out throws when no whole answer came. */
export async function getText(url: URL, timeoutMs: number): Promise<HttpAnswer> {
  const answer = await fetch(url, {redirect: 'manual', signal: AbortSignal.timeout(timeoutMs)})
  return {status: answer.status, body: await answer.text()}
}
