import {currentToken, refresh} from './session.ts'

/** What went wrong, in words for whoever looks at the page. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Asks the API as whoever is logged in; with a new token where the old one is over. @throws ApiError. */
export async function api<T>(method: string, url: string, body?: object, key?: string): Promise<T> {
  let answer = await send(method, url, body, key)
  if (answer.status === 401 && !url.startsWith('/auth/') && (await refresh()))
    answer = await send(method, url, body, key)
  const text = await answer.text()
  const document = (text === '' ? undefined : JSON.parse(text)) as T & {
    error?: {code: string; message: string}
  }
  if (!answer.ok)
    throw new ApiError(
      document.error?.code ?? 'UNKNOWN',
      document.error?.message ?? 'This did not work. Try again.',
    )
  return document
}

async function send(method: string, url: string, body?: object, key?: string): Promise<Response> {
  const headers = new Headers()
  if (body) headers.set('content-type', 'application/json')
  if (key !== undefined) headers.set('idempotency-key', key)
  if (currentToken() !== '') headers.set('authorization', `Bearer ${currentToken()}`)
  return fetch(`/api${url}`, {method, headers, ...(body && {body: JSON.stringify(body)})}).catch(() => {
    throw new ApiError('OFFLINE', 'PixelPulse cannot be reached. Are you offline?')
  })
}
