import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

import {exportJWK, generateKeyPair, SignJWT} from 'jose'

import {tokenAlgorithm, tokenAudience, type User} from '@pixelpulse/common'

/** Stands for `auth` in tests of other services: publishes a key, and signs tokens with it. */
export interface TestKeys {
  readonly settings: {readonly AUTH_JWKS_URL: string; readonly AUTH_ISSUER: string}
  tokenOf(user: User, expiresIn?: string): Promise<string>
  close(): Promise<void>
}

export async function startKeys(): Promise<TestKeys> {
  const issuer = 'pixelpulse'
  const {privateKey, publicKey} = await generateKeyPair(tokenAlgorithm)
  const keys = JSON.stringify({keys: [{...(await exportJWK(publicKey)), kid: 'test', alg: tokenAlgorithm}]})
  const server = createServer((_request, response) => response.end(keys)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  return {
    settings: {AUTH_JWKS_URL: `http://127.0.0.1:${port}/.well-known/jwks.json`, AUTH_ISSUER: issuer},
    tokenOf: ({id, name}, expiresIn = '10m') =>
      new SignJWT({name})
        .setProtectedHeader({alg: tokenAlgorithm, kid: 'test'})
        .setSubject(id)
        .setIssuer(issuer)
        .setAudience(tokenAudience)
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .sign(privateKey),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
