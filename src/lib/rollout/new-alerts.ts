import {messageOf} from '../errors.ts'

/** What began to fire since the first look. */
export type Alerts =
  | {readonly kind: 'seen'; readonly names: readonly string[]}
  | {readonly kind: 'silent'; readonly because: string}

/** Tells alerts that begin to fire while a canary runs from those that fired before. */
export class NewAlerts {
  readonly #firing: () => Promise<readonly string[]>
  #before: readonly string[] | undefined

  /** @param firing names of those that fire now; what it throws is why that is not known. */
  constructor(firing: () => Promise<readonly string[]>) {
    this.#firing = firing
  }

  async look(): Promise<Alerts> {
    try {
      const firing = await this.#firing()
      const before = (this.#before ??= firing)
      return {kind: 'seen', names: firing.filter((name) => !before.includes(name))}
    } catch (error) {
      return {kind: 'silent', because: messageOf(error)}
    }
  }
}
