/** The API of running services, as somebody uses it. */
export interface Api {
  /** @throws Error with what it answered. */
  // What is answered, whoever asks knows.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly api: (method: string, url: string, body?: object, token?: string, key?: string) => Promise<any>
  /** A new account's token. */
  readonly loggedIn: () => Promise<string>
}

export function createApi(gateway: string): Api {
  const api: Api['api'] = async (method, url, body, token = '', key = '') => {
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
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  }
  return {
    api,
    async loggedIn() {
      const account = {
        email: `${crypto.randomUUID()}@example.net`,
        password: 'correct horse battery',
        name: 'Ada',
      }
      await api('POST', '/auth/sign-up', account)
      const {accessToken} = await api('POST', '/auth/log-in', account)
      return accessToken as string
    },
  }
}

/** Of what `npm run services` has started. */
export const {api, loggedIn} = createApi('http://127.0.0.1:8080')
