import {readFile} from 'node:fs/promises'
import type {
  AgentAuthMethod,
  BaseAgent,
  IdentityCallback,
  KnownPublicKeys,
  ParsedKey,
  PublicKeyAuthMethod,
} from 'ssh2'
import type {SignCallback, SigningRequestOptions} from 'ssh2'
import ssh2 from 'ssh2'
import {messageOf} from '../../errors.ts'
import type {SshDestination} from './destination.ts'

export interface Identities {
  /** In the order of OpenSSH: the agent's keys, then the files. */
  readonly methods: readonly (PublicKeyAuthMethod | AgentAuthMethod)[]
  /** One note a key or file, for the message when none was accepted. */
  readonly tried: readonly string[]
}

/** Reads the identity files and asks the agent. What cannot be used is noted, never fatal. */
export async function identitiesOf(to: SshDestination): Promise<Identities> {
  const files = await Promise.all(to.identityFiles.map(identityFile))
  const agent = await agentIdentities(to, files)
  const usable = files.flatMap((file) =>
    file.privateKey === undefined ? [] : [{...file, key: file.privateKey}],
  )
  return {
    methods: [
      ...(agent.keys.length === 0 || agent.agent === undefined
        ? []
        : [{type: 'agent' as const, username: to.user, agent: agent.agent}]),
      ...usable.map(({key}) => ({type: 'publickey' as const, username: to.user, key})),
    ],
    tried: [...agent.notes, ...files.flatMap(({note}) => note ?? [])],
  }
}

interface IdentityFile {
  readonly privateKey: ParsedKey | undefined
  readonly publicKey: Buffer | undefined
  /** Undefined when there is no such file: OpenSSH names default files that hardly anybody has. */
  readonly note: string | undefined
}

async function identityFile(path: string): Promise<IdentityFile> {
  const [text, publicText] = await Promise.all([readOptional(path), readOptional(`${path}.pub`)])
  const publicKey = publicText === undefined ? undefined : firstKey(publicText)?.getPublicSSH()
  if (text === undefined) {
    return {privateKey: undefined, publicKey, note: publicKey && `${path}: only its public half is here`}
  }
  const key = ssh2.utils.parseKey(text)
  if (key instanceof Error) return {privateKey: undefined, publicKey, note: unusable(path, key)}
  if (!key.isPrivateKey()) return {privateKey: undefined, publicKey: key.getPublicSSH(), note: undefined}
  return {privateKey: key, publicKey: key.getPublicSSH(), note: path}
}

function unusable(path: string, error: Error): string {
  const isEncrypted = /encrypted|passphrase/i.test(error.message)
  return isEncrypted
    ? `${path}: has a passphrase and is not in the agent (ssh-add ${path})`
    : `${path}: ${error.message}`
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

function firstKey(text: string): ParsedKey | undefined {
  const key = ssh2.utils.parseKey(text)
  return key instanceof Error ? undefined : key
}

async function agentIdentities(
  to: SshDestination,
  files: readonly IdentityFile[],
): Promise<{agent: ChosenKeys | undefined; keys: readonly Buffer[]; notes: readonly string[]}> {
  if (to.agentSocket === undefined) return {agent: undefined, keys: [], notes: []}
  const inner = ssh2.createAgent(to.agentSocket)
  const wanted = files.flatMap(({publicKey}) => publicKey ?? [])
  try {
    const offered = await withDeadline(identitiesIn(inner))
    const isWanted = (key: Buffer): boolean => wanted.some((file) => file.equals(key))
    const [named, others] = [offered.filter(isWanted), offered.filter((key) => !isWanted(key))]
    const keys = to.identitiesOnly ? named : [...named, ...others]
    return {
      agent: new ChosenKeys(inner, keys),
      keys,
      notes: [`${keys.length} of ${offered.length} keys of the agent`],
    }
  } catch (error) {
    return {
      agent: undefined,
      keys: [],
      notes: [`the agent at ${to.agentSocket} does not answer: ${messageOf(error)}`],
    }
  }
}

const identitiesIn = (agent: BaseAgent): Promise<readonly Buffer[]> =>
  new Promise((resolve, reject) => {
    agent.getIdentities((error, keys = []) => {
      if (error) reject(error)
      else resolve(keys.flatMap(wireForm))
    })
  })

/** ssh2 hands out parsed keys, text, bytes or `{pubKey}`, by kind of agent. A key it cannot read is left out. */
function wireForm(key: KnownPublicKey): Buffer | readonly [] {
  if (Buffer.isBuffer(key)) return key
  if (typeof key === 'object' && 'pubKey' in key) {
    return wireForm(typeof key.pubKey === 'object' && 'pubKey' in key.pubKey ? key.pubKey.pubKey : key.pubKey)
  }
  const parsed = typeof key === 'string' ? ssh2.utils.parseKey(key) : key
  return parsed instanceof Error ? [] : parsed.getPublicSSH()
}

type KnownPublicKey = KnownPublicKeys[number]

async function withDeadline<T>(promise: Promise<T>): Promise<T> {
  const {promise: late, reject} = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error('no answer within 2 s'))
  }, 2000)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** An agent that shows only some of its keys, in our order: a server counts every key against MaxAuthTries. */
class ChosenKeys extends ssh2.BaseAgent<Buffer> {
  readonly #inner: BaseAgent
  readonly #keys: readonly Buffer[]

  constructor(inner: BaseAgent, keys: readonly Buffer[]) {
    super()
    this.#inner = inner
    this.#keys = keys
  }

  override getIdentities(callback: IdentityCallback<Buffer>): void {
    callback(undefined, [...this.#keys])
  }

  override sign(
    key: Buffer,
    data: Buffer,
    options?: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    const sign = this.#inner.sign.bind(this.#inner) as (...all: unknown[]) => void
    sign(key, data, options, callback)
  }
}
