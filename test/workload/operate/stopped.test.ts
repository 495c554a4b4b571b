// An undo that is told to stop.
import {expect, test} from '@jest/globals'

import type {JournalRecord} from '../../../src/lib/operation/journal.ts'
import type {OpenService} from '../../../src/lib/workload/open-service.ts'
import {Scaling} from '../../../src/lib/workload/operate/scaling.ts'
import type {FieldSet, ScaleIntent, ScaleState} from '../../../src/lib/workload/operate/types.ts'
import {createProgress} from '../../../src/lib/output/progress.ts'

const place = {cluster: 'rack', object: 'deployment/render', field: 'spec.replicas'} as const
const field: FieldSet = {...place, was: 2, to: 6, owners: []}
const intent: ScaleIntent = {
  service: 'render',
  site: undefined,
  clusters: [],
  waitSeconds: 60,
  undoOnTimeout: false,
  undo: {operation: 'A', fields: [field], grown: [], returned: []},
}
const state: ScaleState = {fields: [{...place, value: 6, owners: []}], clusters: [], groups: []}
const service = {service: {name: 'render'}, clusters: [], keeper: undefined} as unknown as OpenService
const undo = new Scaling(service, intent, {state, progress: createProgress({}), fingerprint: ''})
const begun: JournalRecord = {
  n: 1,
  at: '',
  type: 'step-intent',
  token: 1,
  data: {kind: 'restore'},
  previous: '',
}

test('before its first step leaves everything as it is', () => {
  expect(undo.plan('back', [])).toEqual({kind: 'steps', steps: []})
})

test('after that gives back the rest', () => {
  expect(undo.plan('back', [begun])).toMatchObject({kind: 'steps', steps: [{kind: 'restore'}]})
})
