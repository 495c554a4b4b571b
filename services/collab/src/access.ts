import {ServiceError, type TokenVerifier, type User} from '@pixelpulse/common'
import {decodeJwt} from 'jose'
import * as z from 'zod'

/** A user who may be in a design, and until when the token says so. */
export interface Pass {
  readonly user: User
  readonly token: string
  readonly expiresAtMs: number
}

/** `unknown`: projects, or auth's keys, do not answer now. */
export type Verdict = 'allowed' | 'refused' | 'unknown'

export interface Access {
  /** Who shows this token; or why nobody does. */
  passOf(token: string): Promise<Pass | Exclude<Verdict, 'allowed'>>
  /** Whether projects lets the user into the design. */
  ask(design: string, token: string): Promise<Verdict>
}

const answerMs = 3000
const designId = z.uuid()

export function createAccess(verify: TokenVerifier, projectsUrl: string): Access {
  return {
    async passOf(token) {
      try {
        const user = await verify(token)
        return {user, token, expiresAtMs: (decodeJwt(token).exp ?? 0) * 1000}
      } catch (error) {
        return error instanceof ServiceError && error.statusCode === 401 ? 'refused' : 'unknown'
      }
    },
    async ask(design, token) {
      // It becomes part of an address.
      if (!designId.safeParse(design).success) return 'refused'
      try {
        const {status, body} = await fetch(new URL(`/designs/${design}`, projectsUrl), {
          headers: {authorization: `Bearer ${token}`},
          signal: AbortSignal.timeout(answerMs),
          redirect: 'error',
        })
        await body?.cancel()
        if (status === 200) return 'allowed'
        return [401, 403, 404].includes(status) ? 'refused' : 'unknown'
      } catch {
        return 'unknown'
      }
    },
  }
}
