import {PpError} from '../errors.ts'
import {registerSecret} from '../redact.ts'
import {formatConninfo, isWithheld, parseConninfo, secretsOf, withholdSecrets} from './conninfo.ts'

/**
 * The passwords that members' own `primary_conninfo` hold, as `pg_basebackup -R` writes it: known to this process alone.
 *
 * What is planned, shown and written down says that there is one; it goes back only where it was read.
 */
export class ConninfoSecrets {
  readonly #known = new Map<string, ReadonlyMap<string, string>>()

  /** The connection string of a member as it may be written down. */
  withhold(host: string, conninfo: string): string {
    const secrets = secretsOf(conninfo)
    if (secrets.size === 0) return conninfo
    for (const secret of secrets.values()) registerSecret(secret)
    this.#known.set(host, parseConninfo(conninfo))
    return withholdSecrets(conninfo)
  }

  /**
   * The connection string to be set on a member: with its own secrets, else with those that another one has for the same role.
   *
   * @throws PpError PASSWORD_WITHHELD where none is known, as after a detach by a process that is gone.
   */
  reveal(host: string, conninfo: string): string {
    if (!isWithheld(conninfo)) return conninfo
    const settings = parseConninfo(conninfo)
    const needed = [...secretsOf(conninfo).keys()]
    const known = [this.#known.get(host), ...this.#known.values()].find(
      (one) => one?.get('user') === settings.get('user') && needed.every((keyword) => one?.has(keyword)),
    )
    if (!known) throw unknownSecret(host, conninfo)
    return formatConninfo(
      new Map(
        [...settings].map(([keyword, value]) => [
          keyword,
          needed.includes(keyword) ? (known.get(keyword) ?? '') : value,
        ]),
      ),
    )
  }
}

function unknownSecret(host: string, conninfo: string): PpError {
  return new PpError('undone', 'PASSWORD_WITHHELD', {
    message: `primary_conninfo of ${host} shall be "${conninfo}" again, and its password is written down nowhere: it was left as it is.`,
    hint: `Set it on ${host} with the password, then pp op resume or pp op abort: alter system set primary_conninfo = '…'; select pg_reload_conf()`,
  })
}
