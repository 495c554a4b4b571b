import {randomUUID} from 'node:crypto'

import {tokenAlgorithm, type Database, type Transaction} from '@pixelpulse/common'
import {exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type CryptoKey, type JWK} from 'jose'

import {seal, unseal} from './sealing.ts'
import type {AuthSettings} from './settings.ts'

export interface SigningKey {
  readonly id: string
  readonly privateKey: CryptoKey
}

/** The keys that sign tokens, the same for all instances: they lie in the database, the private halves encrypted. */
export interface Keys {
  /** The one that signs now. */
  signing(): Promise<SigningKey>
  /** Public halves of all whose tokens may live, the next one among them. */
  published(): Promise<readonly JWK[]>
}

/** Long enough for every verifier's copy of the published keys to have been fetched anew. */
const aheadSeconds = 900
/** How long an instance goes on with what it has read. */
const memorySeconds = 30

interface KeyRow extends Record<string, unknown> {
  readonly id: string
  readonly public_key: JWK
  readonly private_key: Buffer
  readonly is_active: boolean
}

export function createKeys(database: Database, settings: AuthSettings): Keys {
  let read: {readonly rows: Promise<readonly KeyRow[]>; readonly untilMs: number} | undefined
  const rows = () => {
    if (!read || performance.now() > read.untilMs) {
      const fresh = database.transaction((transaction) => currentKeys(transaction, settings), {
        isRepeatable: true,
      })
      read = {rows: fresh, untilMs: performance.now() + memorySeconds * 1000}
      fresh.catch(() => (read = undefined))
    }
    return read.rows
  }
  const opened = new Map<string, Promise<CryptoKey>>()
  return {
    async signing() {
      const active = (await rows()).find((row) => row.is_active)
      if (!active) throw new Error('no key is active')
      const {id, private_key: sealed} = active
      const key =
        opened.get(id) ?? importPKCS8(unseal(settings.AUTH_KEY_SECRET, sealed).toString(), tokenAlgorithm)
      opened.set(id, key)
      return {id, privateKey: await key}
    },
    async published() {
      return (await rows()).map(({id, public_key: publicKey}) => ({
        ...publicKey,
        kid: id,
        alg: tokenAlgorithm,
        use: 'sig',
      }))
    },
  }
}

/** Newest first. Makes the next key in time; instances that want to do so at once wait for each other. */
async function currentKeys(transaction: Transaction, settings: AuthSettings): Promise<readonly KeyRow[]> {
  const known = await liveKeys(transaction)
  if (!needsKey(known, settings)) return known
  await transaction.query('lock table auth.signing_keys in share row exclusive mode')
  const settled = await liveKeys(transaction)
  if (!needsKey(settled, settings)) return settled
  await addKey(
    transaction,
    settings,
    settled.some((row) => row.is_active),
  )
  await transaction.query('delete from auth.signing_keys where expires_at < now()')
  return liveKeys(transaction)
}

type AgedRow = KeyRow & {readonly age_seconds: number}

/** Whether the newest signs for so long already that the next one has to be published. */
function needsKey(keys: readonly AgedRow[], settings: AuthSettings): boolean {
  const [newest] = keys
  return !newest || newest.age_seconds > settings.KEY_SECONDS - aheadSeconds
}

async function liveKeys(transaction: Transaction): Promise<readonly AgedRow[]> {
  return transaction.query<AgedRow>(
    `select id, public_key, private_key, extract(epoch from now() - active_at)::float8 as age_seconds,
       active_at <= now() and active_at = max(active_at) filter (where active_at <= now()) over () as is_active
     from auth.signing_keys where expires_at > now() order by active_at desc`,
  )
}

async function addKey(transaction: Transaction, settings: AuthSettings, hasActive: boolean): Promise<void> {
  const {publicKey, privateKey} = await generateKeyPair(tokenAlgorithm, {extractable: true})
  const sealed = seal(settings.AUTH_KEY_SECRET, Buffer.from(await exportPKCS8(privateKey)))
  const ahead = hasActive ? aheadSeconds : 0
  const lifeSeconds = ahead + settings.KEY_SECONDS + aheadSeconds + settings.ACCESS_TOKEN_SECONDS
  await transaction.query(
    `insert into auth.signing_keys (id, public_key, private_key, active_at, expires_at)
     values ($1, $2, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $5))`,
    [randomUUID(), JSON.stringify(await exportJWK(publicKey)), sealed, ahead, lifeSeconds],
  )
}
