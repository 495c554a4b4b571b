import {PpError, type ErrorDetails} from '../errors.ts'

/** Somebody else has changed what a step was about to change: it is looked at and planned again, a few times. */
export class PlanAnew extends PpError {
  constructor(details: ErrorDetails) {
    super('refused', 'CHANGED_MEANWHILE', details)
  }
}
