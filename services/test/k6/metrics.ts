import {add, define, type Kind, type Tags} from './samples.ts'

class Metric {
  readonly #name: string

  constructor(name: string, kind: Kind) {
    this.#name = name
    define(name, kind)
  }

  add(value: number | boolean, tags: Tags = {}): void {
    add(this.#name, Number(value), tags)
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(name, 'counter')
  }
}

export class Gauge extends Metric {
  constructor(name: string) {
    super(name, 'gauge')
  }
}

export class Rate extends Metric {
  constructor(name: string) {
    super(name, 'rate')
  }
}

export class Trend extends Metric {
  constructor(name: string) {
    super(name, 'trend')
  }
}
