import {existsSync} from 'node:fs'

import type {Check} from '../database/types.ts'
import {runK6, versionOfK6} from '../drivers/k6/k6.ts'
import {PpError, refusal, unavailableError} from '../errors.ts'
import type {Fleet} from '../fleet/types.ts'
import {serviceUrl} from './service-url.ts'
import {isParallel, type SingleStep} from './steps.ts'
import type {Drill} from './format/types.ts'

export type LoadStep = Extract<SingleStep, {kind: 'load'}>

export interface Loaded {
  /** Whether every threshold of the script was met. */
  readonly isMet: boolean
  readonly says: string
}

/** @throws PpError K6_MISSING, exit 5, where a drill plays load and nothing could. */
export async function assertLoadTool({method, name}: Pick<Drill, 'method' | 'name'>): Promise<void> {
  const acts = method.flatMap((act) => (isParallel(act) ? act.acts : [act]))
  if (!acts.some(({act}) => act === 'load') || (await versionOfK6()) !== undefined) return
  throw unavailableError('K6_MISSING', {
    message: `${name} plays a load test, and there is no k6 on PATH.`,
    hint: `Install it as https://grafana.com/docs/k6/latest/set-up/install-k6/ says, then: pp drill check ${name}`,
  })
}

/** Whether its script is there and its service has an address. */
export async function loadCheck({name, script, service, site}: LoadStep, fleet: Fleet): Promise<Check> {
  const check = {
    id: `load.${name}`,
    limit: 'a script, and an address of the service',
    hint: 'pp config explain',
  }
  try {
    const url = await serviceUrl(fleet, {service, site})
    const isThere = existsSync(script)
    const measured = isThere ? `${service} is at ${url}` : `there is no ${script}`
    return {...check, status: isThere ? 'pass' : 'fail', measured}
  } catch (error) {
    if (!(error instanceof PpError)) throw error
    return {...check, status: 'fail', measured: error.message, hint: error.hint}
  }
}

/**
 * Plays the script to its end. What its thresholds say is a measurement, and fails nothing.
 *
 * @param isStopped whether the run has been told to stop; k6 is ended then.
 * @throws PpError LOAD_FAILED, LOAD_LATE, DRILL_STOPPED.
 */
export async function playLoad(step: LoadStep, fleet: Fleet, isStopped: () => boolean): Promise<Loaded> {
  const {name, script, service, site, settings, timeoutSeconds} = step
  const baseUrl = await serviceUrl(fleet, {service, site})
  const ended = await runK6({
    script,
    variables: {...settings, BASE_URL: baseUrl},
    timeoutSeconds,
    isStopped,
  })
  switch (ended.kind) {
    case 'ended': {
      const {isMet, summary} = ended
      return {isMet, says: `${summary}; ${isMet ? 'every threshold was met' : 'a threshold was not met'}`}
    }
    case 'stopped':
      throw refusal('DRILL_STOPPED', {message: `${name} was stopped.`, hint: 'pp drill list'})
    case 'late':
      throw refusal('LOAD_LATE', {
        message: `${name} has not ended within ${timeoutSeconds} s and was stopped.`,
        hint: 'Shorten it by its settings in the file of the drill, or give it a longer timeout there, then: pp drill check FILE',
      })
    case 'failed':
      throw refusal('LOAD_FAILED', {
        message: `${name}: k6 ended with ${ended.status}: ${ended.said}`,
        hint: `Try it alone: k6 run -e BASE_URL=${baseUrl} ${script}`,
      })
  }
}
