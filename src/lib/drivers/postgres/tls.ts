import {readFile} from 'node:fs/promises'
import type {ConnectionOptions} from 'node:tls'
import {unavailableError} from '../../errors.ts'
import type {TlsSettings} from './types.ts'

/**
 * What Node's TLS client has to be told for a libpq `sslmode`. As there, `require` with a CA file verifies the chain.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 * @throws PpError TLS_CA_UNREADABLE.
 */
export async function tlsOptions(
  {mode, caFile}: TlsSettings,
  host: string,
): Promise<ConnectionOptions | false> {
  if (mode === 'disable') return false
  const ca = caFile === undefined ? {} : {ca: await readAuthority(caFile)}
  switch (mode) {
    case 'require':
      return caFile === undefined ? {rejectUnauthorized: false} : {...ca, ...anyName}
    case 'verify-ca':
      return {...ca, ...anyName}
    case 'verify-full':
      // `host` and not only `servername`: an address is checked against the certificate's IP entries.
      return {...ca, rejectUnauthorized: true, host}
  }
}

const anyName = {rejectUnauthorized: true, checkServerIdentity: () => undefined}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unavailableError('TLS_CA_UNREADABLE', {
      message: `The certificate authority ${file} cannot be read.`,
      hint: 'pp config explain',
      cause,
    })
  }
}
