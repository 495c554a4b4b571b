import {createHash, randomBytes, randomUUID} from 'node:crypto'

import {
  ServiceError,
  tokenAlgorithm,
  tokenAudience,
  type Database,
  type Transaction,
} from '@pixelpulse/common'
import {SignJWT} from 'jose'

import type {Account} from './accounts.ts'
import type {Keys, SigningKey} from './keys.ts'
import type {AuthSettings} from './settings.ts'

/** What a browser holds after a log-in. */
export interface Session {
  readonly accessToken: string
  readonly expiresIn: number
  /** Goes into a cookie that scripts cannot read; only its hash is kept here. */
  readonly refreshToken: string
}

/** Two tabs refresh at once, or an answer got lost: the token before is good for so long after it was exchanged. */
const overlapSeconds = 10

export interface Sessions {
  begin(account: Account): Promise<Session>
  /** @throws ServiceError UNAUTHENTICATED (401); a token that was used before ends everything that came of its log-in. */
  refresh(refreshToken: string): Promise<{readonly session: Session; readonly account: Account}>
  end(refreshToken: string): Promise<void>
}

export function createSessions(database: Database, keys: Keys, settings: AuthSettings): Sessions {
  const sign = ({id, name}: Account, key: SigningKey) =>
    new SignJWT({name})
      .setProtectedHeader({alg: tokenAlgorithm, kid: key.id})
      .setSubject(id)
      .setIssuer(settings.AUTH_ISSUER)
      .setAudience(tokenAudience)
      .setIssuedAt()
      .setExpirationTime(`${settings.ACCESS_TOKEN_SECONDS}s`)
      .sign(key.privateKey)
  const open = async (
    transaction: Transaction,
    account: Account,
    family: string,
    key: SigningKey,
  ): Promise<Session> => {
    const refreshToken = randomBytes(32).toString('base64url')
    await transaction.query(
      `insert into auth.refresh_tokens (token_hash, family, user_id, expires_at)
       values ($1, $2, $3, now() + make_interval(secs => $4))`,
      [hashOf(refreshToken), family, account.id, settings.REFRESH_TOKEN_SECONDS],
    )
    return {accessToken: await sign(account, key), expiresIn: settings.ACCESS_TOKEN_SECONDS, refreshToken}
  }
  return {
    async begin(account) {
      const key = await keys.signing()
      // A token that nobody got is never used.
      return database.transaction((transaction) => open(transaction, account, randomUUID(), key), {
        isRepeatable: true,
      })
    },
    async refresh(refreshToken) {
      // Before the transaction, which has a connection: many at once would have them all, and the key comes by one as well.
      const key = await keys.signing()
      const next = await database.transaction(
        async (transaction) => {
          const found = await takeToken(transaction, refreshToken)
          return (
            found && {
              session: await open(transaction, found.account, found.family, key),
              account: found.account,
            }
          )
        },
        {isRepeatable: true},
      )
      if (!next) throw loggedOut()
      return next
    },
    async end(refreshToken) {
      await database.transaction((transaction) => revokeFamily(transaction, refreshToken), {
        isRepeatable: true,
      })
    },
  }
}

const hashOf = (refreshToken: string): Buffer => createHash('sha256').update(refreshToken).digest()

interface TokenRow extends Record<string, unknown> {
  readonly family: string
  readonly id: string
  readonly email: string
  readonly name: string
  readonly is_live: boolean
  readonly is_reused: boolean
}

/** Marks a token as used. One that was used before, by somebody who copied it or was copied from, takes its family with it. */
async function takeToken(
  transaction: Transaction,
  refreshToken: string,
): Promise<{readonly family: string; readonly account: Account} | undefined> {
  const [row] = await transaction.query<TokenRow>(
    `select family, users.id, email, name,
       revoked_at is null and refresh_tokens.expires_at > now() as is_live,
       used_at is not null and used_at < now() - make_interval(secs => $2) as is_reused
     from auth.refresh_tokens join auth.users on users.id = user_id
     where token_hash = $1 for update of refresh_tokens`,
    [hashOf(refreshToken), overlapSeconds],
  )
  if (!row?.is_live) return undefined
  if (row.is_reused) {
    await revokeFamily(transaction, refreshToken)
    return undefined
  }
  await transaction.query(
    'update auth.refresh_tokens set used_at = coalesce(used_at, now()) where token_hash = $1',
    [hashOf(refreshToken)],
  )
  return {family: row.family, account: {id: row.id, email: row.email, name: row.name}}
}

async function revokeFamily(transaction: Transaction, refreshToken: string): Promise<void> {
  await transaction.query(
    `update auth.refresh_tokens set revoked_at = now() where revoked_at is null
     and family = (select family from auth.refresh_tokens where token_hash = $1)`,
    [hashOf(refreshToken)],
  )
}

const loggedOut = () => new ServiceError(401, 'UNAUTHENTICATED', 'Log in again: this session has ended.')
