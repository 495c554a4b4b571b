import {signal} from '@preact/signals'

export interface User {
  readonly id: string
  readonly name: string
  readonly email: string
}

/** Who is logged in; undefined: nobody, or not known yet. */
export const user = signal<User | undefined>(undefined)
/** Whether it was tried to go on with an earlier session. */
export const isSettled = signal(false)

let accessToken = ''
let refreshing: Promise<boolean> | undefined

interface LoggedIn {
  readonly accessToken: string
  readonly user: User
}

export const currentToken = (): string => accessToken

export function accept({accessToken: token, user: who}: LoggedIn): void {
  accessToken = token
  user.value = who
}

/** A new token by the cookie that scripts cannot read; one request, however many ask at once. */
export function refresh(): Promise<boolean> {
  refreshing ??= fetch('/api/auth/refresh', {method: 'POST'})
    .then(async (answer) => {
      if (answer.ok) accept((await answer.json()) as LoggedIn)
      else if (answer.status === 401) forget()
      return answer.ok
    })
    .catch(() => false)
    .finally(() => {
      refreshing = undefined
    })
  return refreshing
}

export async function logOut(): Promise<void> {
  await fetch('/api/auth/log-out', {method: 'POST'})
  forget()
}

function forget(): void {
  accessToken = ''
  user.value = undefined
}
