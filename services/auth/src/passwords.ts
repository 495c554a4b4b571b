import {hash, verify} from '@node-rs/argon2'

/** Argon2id with what OWASP's password storage cheat sheet asks for at least: 19 MiB, 2 passes, 1 lane. */
const cost = {memoryCost: 19_456, timeCost: 2, parallelism: 1} as const

export const hashPassword = (password: string): Promise<string> => hash(password, cost)

/** A hash that no password has; compared with where there is no account, so that it takes as long. */
const nobody = hashPassword(crypto.randomUUID())

/** @param stored undefined: there is no such account; then always false, after the same time. */
export async function isPassword(stored: string | undefined, password: string): Promise<boolean> {
  const isRight = await verify(stored ?? (await nobody), password)
  return isRight && stored !== undefined
}
