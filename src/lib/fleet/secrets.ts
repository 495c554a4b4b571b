import {open} from 'node:fs/promises'
import {isAbsolute, join} from 'node:path'

import {deniedError, messageOf, type PpError, usageError} from '../errors.ts'
import {registerSecret} from '../redact.ts'
import {labFolder} from './lab-state.ts'
import type {SecretReference} from './types.ts'

/** Where a relative `file:` path starts: the folder of the fleet file, or what a lab keeps its secrets in. */
export const secretsFolder = (lab: string | undefined, folder: string): string =>
  lab === undefined ? folder : join(labFolder(lab), 'secrets')

/** @param folder what a relative `file:` path starts from: the lab's secrets, or the folder of the fleet file. */
export function secretReference(reference: string, folder: string): SecretReference {
  const [kind, rest] = [
    reference.slice(0, reference.indexOf(':')),
    reference.slice(reference.indexOf(':') + 1),
  ]
  const read =
    kind === 'env' ? () => fromVariable(rest) : () => fromFile(isAbsolute(rest) ? rest : join(folder, rest))
  return {
    reference,
    read: async () => {
      const secret = await read()
      registerSecret(secret)
      return secret
    },
  }
}

function fromVariable(name: string): Promise<string> {
  const value = process.env[name]
  if (value) return Promise.resolve(value)
  return Promise.reject(unreadable(`The variable ${name} holds no secret.`, `export ${name}=…`))
}

async function fromFile(file: string): Promise<string> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    const why = messageOf(cause)
    throw unreadable(
      `The secret ${file} cannot be read: ${why}.`,
      `Put the secret into ${file}, mode 0600.`,
      cause,
    )
  })
  try {
    const {mode} = await handle.stat()
    if ((mode & 0o077) !== 0) throw exposed(file, mode)
    const secret = (await handle.readFile('utf8')).replace(/\r?\n$/, '')
    if (secret === '')
      throw unreadable(`The secret ${file} is empty.`, `Put the secret into ${file}, mode 0600.`)
    return secret
  } finally {
    await handle.close()
  }
}

function exposed(file: string, mode: number): PpError {
  return deniedError('SECRET_EXPOSED', {
    message: `The secret ${file} can be read by others (mode ${(mode & 0o777).toString(8)}).`,
    hint: `chmod 600 ${file}   (and change the secret when others had access)`,
  })
}

function unreadable(message: string, hint: string, cause?: unknown): PpError {
  return usageError('SECRET_UNREADABLE', {message, hint, cause})
}
