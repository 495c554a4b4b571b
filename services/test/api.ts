const gateway = 'http://127.0.0.1:8080'

/** Asks the API of running services. @throws Error with what it answered. */
// What is answered, whoever asks knows.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function api(method: string, url: string, body?: object, token = '', key = ''): Promise<any> {
  const answer = await fetch(`${gateway}/api${url}`, {
    method,
    headers: {
      ...(body && {'content-type': 'application/json'}),
      ...(token && {authorization: `Bearer ${token}`}),
      ...(key && {'idempotency-key': key}),
    },
    ...(body && {body: JSON.stringify(body)}),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** A new account's token. */
export async function loggedIn(): Promise<string> {
  const account = {
    email: `${crypto.randomUUID()}@example.net`,
    password: 'correct horse battery',
    name: 'Ada',
  }
  await api('POST', '/auth/sign-up', account)
  const {accessToken} = await api('POST', '/auth/log-in', account)
  return accessToken as string
}
