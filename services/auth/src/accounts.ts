import {ServiceError, violatedUniqueness, type Database, type Transaction} from '@pixelpulse/common'

import {hashPassword, isPassword} from './passwords.ts'

export interface Account {
  readonly id: string
  readonly email: string
  readonly name: string
}

/** @throws ServiceError EMAIL_TAKEN (409). */
export async function createAccount(
  transaction: Transaction,
  {email, name, passwordHash}: {readonly email: string; readonly name: string; readonly passwordHash: string},
): Promise<Account> {
  try {
    const [account] = await transaction.query<Account & Record<string, unknown>>(
      'insert into auth.users (email, name, password_hash) values ($1, $2, $3) returning id, email, name',
      [email, name, passwordHash],
    )
    if (!account) throw new Error('no row')
    return account
  } catch (error) {
    if (violatedUniqueness(error) === undefined) throw error
    throw new ServiceError(409, 'EMAIL_TAKEN', 'This address has an account. Log in instead.', {cause: error})
  }
}

/** undefined: no such account, or another password; nobody can tell which, by the time it takes either. */
export async function accountOf(
  database: Database,
  email: string,
  password: string,
): Promise<Account | undefined> {
  const [row] = await database.read<Account & {password_hash: string} & Record<string, unknown>>(
    'select id, email, name, password_hash from auth.users where email = $1',
    [email],
  )
  return (await isPassword(row?.password_hash, password)) && row
    ? {id: row.id, email: row.email, name: row.name}
    : undefined
}

export async function accountById(database: Database, id: string): Promise<Account | undefined> {
  const [account] = await database.read<Account & Record<string, unknown>>(
    'select id, email, name from auth.users where id = $1',
    [id],
  )
  return account
}

export {hashPassword}
