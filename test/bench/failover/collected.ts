import type {StepTimes} from './floor.ts'
import type {Sample, Series} from './table.ts'

/** A series that grows with each change of primary. */
export class Collected implements Series {
  readonly samples: Sample[] = []
  readonly steps = new Map<string, number[]>()

  add(sample: Sample, steps: StepTimes): void {
    this.samples.push(sample)
    for (const [step, ms] of Object.entries(steps))
      this.steps.set(step, [...(this.steps.get(step) ?? []), ms])
  }
}
