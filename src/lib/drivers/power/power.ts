import type {Host, PowerSwitch} from '../../fleet/types.ts'
import {tryProgram, type Argv} from '../machine/program.ts'

export type PowerState = 'on' | 'off'

export interface PowerAnswer {
  readonly state: PowerState | undefined
  readonly said: string
}

/** The power switch of one host, worked by the commands of the fleet file. */
export class HostPower {
  readonly #commands: PowerSwitch
  readonly #words: Readonly<Record<string, string>>

  constructor(commands: PowerSwitch, host: Host, lab: string | undefined) {
    this.#commands = commands
    this.#words = {host: host.name, address: host.address, lab: lab ?? ''}
  }

  /** Undefined when it does not say so within the time; `said` is why. */
  async state(timeoutSeconds: number): Promise<PowerAnswer> {
    const {status, stdout, stderr} = await tryProgram(this.#filled(this.#commands.status), {timeoutSeconds})
    const word = /\b(on|off)\b/i.exec(stdout)?.[1]?.toLowerCase()
    if (status === 0 && (word === 'on' || word === 'off')) return {state: word, said: lastLine(stdout)}
    return {state: undefined, said: lastLine(stderr) || lastLine(stdout) || `ended with status ${status}`}
  }

  /** Asks for it and does not believe the answer: look at `state` afterwards. @returns what the command said. */
  async ask(wanted: PowerState, timeoutSeconds: number): Promise<string> {
    const {status, stdout, stderr} = await tryProgram(this.#filled(this.#commands[wanted]), {timeoutSeconds})
    return status === 0 ? lastLine(stdout) : lastLine(stderr) || `ended with status ${status}`
  }

  #filled([program = '', ...args]: readonly string[]): Argv {
    return [
      program,
      ...args.map((word) => word.replaceAll(/\{(\w+)\}/g, (whole, key: string) => this.#words[key] ?? whole)),
    ]
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
