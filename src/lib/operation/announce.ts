import {stripVTControlCharacters} from 'node:util'

import {messageOf} from '../errors.ts'
import {startNotifier} from '../drivers/notify/start.ts'
import type {Notification, Undelivered} from '../drivers/notify/types.ts'
import type {Fleet, NotifyHook} from '../fleet/types.ts'
import {afterReport} from '../output/after-report.ts'
import {redact} from '../redact.ts'
import {currentOperator} from './operator.ts'
import type {Happening} from './types.ts'

export interface Announced {
  readonly id: string
  readonly kind: string
  readonly target: string
  /** What it is about, as part of a sentence. */
  readonly inWords: string
  /** Whom it concerns, as the notification carries it. */
  readonly hosts: Readonly<Record<string, string>>
}

export interface Announcer {
  /** Returns at once. */
  readonly tell: (happening: Happening) => void
  /** Nothing more happens; what could not be delivered is said after the report. */
  readonly close: () => void
}

/** Tells the hooks of the fleet what happens to an operation; undefined where there are none. */
export async function announce(
  fleet: Fleet,
  {id, kind, target, inWords, hosts}: Announced,
): Promise<Announcer | undefined> {
  const hooks = fleet.notify.filter(({events}) => events.length > 0)
  if (hooks.length === 0) return undefined
  const {owner} = currentOperator()
  const about = {operation: {id, kind, target}, ...hosts}
  const notification = (event: string, says: string, more: object = {}) =>
    notificationOf(fleet, event, `${target}: ${inWords} ${says}`, {...about, ...more})
  const left = `was left in the middle by ${owner}. pp op show ${id}, then pp op resume ${id} or pp op abort ${id}`
  const notifier = await startNotifier(hooks, notification('left', left)).catch((error: unknown) => {
    // Whatever keeps it from being told, the operation goes on.
    const why = messageOf(error)
    afterReport(Promise.resolve([noteOf({hook: 'all', event: 'all', why})]))
  })
  if (!notifier) return undefined
  return {
    tell(happening) {
      const {event, ...more} = happening
      if (event === 'taken-over') notifier.done()
      else notifier.tell(notification(event, sentence(happening, `${owner}, operation ${id}`), more))
    },
    close() {
      afterReport(notifier.close().then((failures) => failures.map(noteOf)))
    },
  }
}

/** Tells hooks something that is no operation. @returns who could not be told. */
export async function tellTest(fleet: Fleet, hooks: readonly NotifyHook[]): Promise<readonly Undelivered[]> {
  if (hooks.length === 0) return []
  const test = notificationOf(fleet, 'test', `a test of ${currentOperator().owner}`)
  const notifier = await startNotifier(
    hooks.map((hook) => ({...hook, events: [test.event]})),
    {...test, event: 'left'},
  )
  notifier.tell(test)
  return notifier.close()
}

/** Without what a hook's own words may hold: secrets, and what would steer a terminal. */
export const showUndelivered = ({hook, event, why}: Undelivered): string =>
  redact(
    stripVTControlCharacters(`notify ${hook} was not told${event === 'all' ? '' : ` of ${event}`}: ${why}`),
  )

const noteOf = (failure: Undelivered): string => `note: ${showUndelivered(failure)}`

function notificationOf(fleet: Fleet, event: string, text: string, more: object = {}): Notification {
  return {
    schemaVersion: 1,
    event,
    text: `${fleet.name}/${fleet.environment} ${text}`,
    at: new Date().toISOString(),
    fleet: fleet.name,
    environment: fleet.environment,
    operator: currentOperator().owner,
    ...more,
  }
}

function sentence(happening: Exclude<Happening, {event: 'taken-over'}>, whose: string): string {
  switch (happening.event) {
    case 'start':
      return `${happening.direction === 'back' ? 'is taken back' : happening.isContinued ? 'is resumed' : 'begins'}. ${whose}`
    case 'point-of-no-return':
      return 'is past its point of no return'
    case 'abort':
      return `was put back: ${happening.why}`
    case 'end': {
      const findings = happening.findings.map((finding) => `; ${finding}`).join('')
      return `has ended: ${happening.outcome} (exit ${happening.exitCode})${findings}`
    }
  }
}
