import {Command} from '@oclif/core/command'
import {string} from '@oclif/core/flags'
import type {Interfaces} from '@oclif/core'

import type {Fleet} from './fleet/types.ts'
import {reportFailure, toFailure, type Failure} from './output/failure.ts'
import {exitCodes, type Outcome} from './outcome.ts'
import {redact} from './redact.ts'

/** What every command shares: the flags that choose a fleet, one document under `--json`, one exit code in every form. */
export abstract class PpCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    fleet: string({
      description: 'Fleet file; found by walking up from here when left out (PP_FLEET).',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    env: string({
      description: 'Environment of the fleet file; its defaultEnvironment when left out (PP_ENV).',
      helpGroup: 'GLOBAL',
      helpValue: 'NAME',
    }),
  }

  #chosen: {fleet?: string | undefined; env?: string | undefined} = {}

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    // oclif spreads this class, which leaves out inherited properties: `pp op resume ID` would refuse its own argument.
    const parsed = await super.parse(options && ownOptions(options), argv)
    const {fleet, env} = parsed.flags as {fleet?: string; env?: string}
    this.#chosen = {fleet, env}
    return parsed
  }

  /**
   * The fleet that was asked for; call it after `parse`.
   *
   * @throws PpError FLEET_INVALID, FLEET_NOT_FOUND, ENVIRONMENT_UNKNOWN, INVENTORY_UNREADABLE: exit 2, nothing touched.
   */
  protected async fleet(): Promise<Fleet> {
    const {loadFleet} = await import('./fleet/load.ts')
    return loadFleet({file: this.#chosen.fleet, environment: this.#chosen.env})
  }

  /**
   * The fleet, for a command that needs its hosts.
   *
   * @throws PpError as `fleet` does, and LAB_DOWN, exit 5, when a lab plays it that is not up.
   */
  protected async liveFleet(): Promise<Fleet> {
    const fleet = await this.fleet()
    const {assertLabUp} = await import('./fleet/lab-state.ts')
    assertLabUp(fleet)
    return fleet
  }

  /** Ends with a result: as text, as the one document of `--json`, or as the last line of `--events`. */
  protected async say(asEvents: boolean, text: string, document: object): Promise<unknown> {
    if (asEvents) {
      const {writeResultLine} = await import('./output/events.ts')
      writeResultLine(document)
    } else if (!this.jsonEnabled()) process.stdout.write(`${text}\n`)
    return document
  }

  /** Sets the exit status; use it for results that are no errors, such as `degraded`. */
  protected endWith(outcome: Outcome): void {
    process.exitCode = exitCodes[outcome]
  }

  // Printed here and not rethrown: the exit code and the fields are then the same in every form.
  override async catch(error: unknown): Promise<void> {
    this.parsed = true // a wrong flag is no forgotten parse()
    reportFailure(error, this.argv, {
      command: `pp ${(this.id ?? '').replaceAll(':', ' ')}`.trim(),
      flags: Object.keys({...this.ctor.baseFlags, ...this.ctor.flags}), // a command may have none of its own
    })
  }

  override toErrorJson(error: unknown): Failure {
    return toFailure(error)
  }

  override toSuccessJson(result: unknown): unknown {
    return typeof result === 'object' && result !== null ? {schemaVersion: 1, ...result} : result
  }

  // oclif would colour the document when FORCE_COLOR is set.
  override logJson(json: unknown): void {
    process.stdout.write(redact(`${JSON.stringify(json, undefined, 2)}\n`))
  }
}

function ownOptions<
  F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
  B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
  A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
>(options: Interfaces.Input<F, B, A>): Interfaces.Input<F, B, A> {
  const {args, flags, baseFlags, enableJsonFlag} = options
  return {...options, args, flags, baseFlags, enableJsonFlag} as Interfaces.Input<F, B, A>
}
