import {toJSONSchema} from 'zod'

import {drillFileSchema} from './schema.ts'

/** The JSON Schema of a drill's file, for editors. */
export function drillJsonSchema(): Record<string, unknown> {
  return {...toJSONSchema(drillFileSchema, {io: 'input'}), title: 'Drill of pp'}
}
