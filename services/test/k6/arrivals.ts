/** As options of k6 have it, with an executor of arrival rates. */
export interface Scenario {
  readonly exec?: string
  readonly startTime?: string
  readonly timeUnit?: string
  readonly rate?: number
  readonly duration?: string
  readonly startRate?: number
  readonly stages?: readonly Stage[]
}
interface Stage {
  readonly target: number
  readonly duration: string
}

const stepSeconds = 0.01

/** When the iterations of a scenario begin, in seconds from the beginning of all: at its rates, whether those before have ended or not. */
export function arrivals(scenario: Scenario): readonly number[] {
  const {startTime = '0s', timeUnit = '1s', rate = 0, duration = '0s', startRate = rate, stages} = scenario
  const unit = seconds(timeUnit)
  const starts: number[] = []
  let at = seconds(startTime)
  let from = startRate / unit
  let due = 0
  for (const {target, duration: length} of stages ?? [{target: rate, duration}]) {
    const steps = Math.round(seconds(length) / stepSeconds)
    const growth = (target / unit - from) / steps
    for (let step = 0; step < steps; step += 1) {
      due += (from + growth * (step + 0.5)) * stepSeconds
      if (due > starts.length) starts.push(at)
      at += stepSeconds
    }
    from = target / unit
  }
  return starts
}

const factors = {ms: 0.001, s: 1, m: 60, h: 3600}

/** @param duration as k6 writes it: "1m30s" */
function seconds(duration: string): number {
  return Array.from(duration.matchAll(/([\d.]+)(ms|[smh])/g), ([, number, unit]) => {
    return Number(number) * factors[unit as keyof typeof factors]
  }).reduce((sum, one) => sum + one, 0)
}
