import {readFileSync} from 'node:fs'

import pg from 'pg'
import {Client, type ClientChannel} from 'ssh2'

import {labPaths} from '../../../src/lib/lab/paths.ts'

/** A program on a host that takes lines and answers until a mark: a shell, or psql. Nothing starts when it is asked. */
export class LineProgram {
  readonly #channel: ClientChannel
  readonly #mark: string
  readonly #echo: string
  #text = ''
  #complaints = ''
  #waiting: ((text: string) => void) | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(channel: ClientChannel, echo: string) {
    this.#channel = channel
    this.#echo = echo
    this.#mark = 'bench-mark'
    channel.on('data', (data: Buffer) => this.#read(data.toString()))
    channel.stderr.on('data', (data: Buffer) => (this.#complaints += data.toString()))
  }

  /** One request after the other; what the program wrote on stdout, trimmed. */
  ask(lines: string): Promise<string> {
    const turn = this.#turn.then(async () => {
      this.#complaints = ''
      const answer = new Promise<string>((resolve) => (this.#waiting = resolve))
      this.#channel.write(`${lines}\n${this.#echo} ${this.#mark}\n`)
      const text = await answer
      if (/error/iu.test(this.#complaints)) throw new Error(`${lines}\n${this.#complaints}`)
      return text
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  end(): void {
    this.#channel.end()
  }

  #read(data: string): void {
    this.#text += data
    const at = this.#text.indexOf(`${this.#mark}\n`)
    if (at === -1) return
    const answer = this.#text.slice(0, at).trim()
    this.#text = this.#text.slice(at + this.#mark.length + 1)
    this.#waiting?.(answer)
  }
}

/** One SSH connection to a host of the lab as root; whatever is needed in the window is opened beforehand. */
export class RootHost {
  readonly name: string
  readonly #client: Client
  readonly shell: LineProgram

  private constructor(name: string, client: Client, shell: LineProgram) {
    this.name = name
    this.#client = client
    this.shell = shell
  }

  static async open(lab: string, name: string, address: string): Promise<RootHost> {
    const client = new Client()
    await new Promise<void>((resolve, reject) => {
      client.on('ready', resolve).on('error', reject)
      client.connect({host: address, username: 'root', privateKey: readFileSync(labPaths(lab).identity)})
    })
    // Otherwise the kernel holds small requests back until the last answer is acknowledged: 40 ms each.
    client.setNoDelay(true)
    const shell = new LineProgram(await RootHost.#exec(client, 'exec bash --norc --noprofile'), 'echo')
    return new RootHost(name, client, shell)
  }

  /** A superuser's SQL session in psql, so that a statement costs one line. */
  async psql(): Promise<LineProgram> {
    const command =
      'cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups psql -XAtq -d postgres'
    const psql = new LineProgram(await RootHost.#exec(this.#client, command), String.raw`\echo`)
    await psql.ask('select 1;')
    return psql
  }

  /** A console of one PgBouncer process. */
  async console(socket: string, password: string): Promise<pg.Client> {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      this.#client.openssh_forwardOutStreamLocal(socket, (error, stream) =>
        error ? reject(error) : resolve(stream),
      )
    })
    const stream = Object.assign(channel, {
      connect: () => process.nextTick(() => channel.emit('connect')),
      setNoDelay: () => channel,
      setKeepAlive: () => channel,
      ref: () => channel,
      unref: () => channel,
    })
    const client = new pg.Client({user: 'pp_admin', password, database: 'pgbouncer', stream: () => stream})
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  close(): void {
    this.#client.end()
  }

  static #exec(client: Client, command: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)))
    })
  }
}
