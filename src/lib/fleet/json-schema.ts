import {toJSONSchema} from 'zod'

import {fleetFileSchema} from './schema.ts'

/** The JSON Schema of a fleet file, for editors; apart, so that starting pp does not load what makes it. */
export function fleetJsonSchema(): Record<string, unknown> {
  return {...toJSONSchema(fleetFileSchema, {io: 'input'}), title: 'Fleet file of pp'}
}
