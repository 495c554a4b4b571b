import type * as z from 'zod'

import type {Issue, Place} from '../yaml/yaml-file.ts'
import {placedArguments} from './placed-arguments.ts'
import type {notifyHooks} from './schema.ts'
import {secretReference} from './secrets.ts'
import {notifyEvents, type NotifyHook, type SecretReference} from './types.ts'

type DeclaredHooks = z.infer<typeof notifyHooks>

const defaultSeconds = 5

/** @param places what a program's and a secret's relative paths start from. */
export function hooksOf(
  declared: DeclaredHooks,
  {folder, secrets}: {readonly folder: string; readonly secrets: string},
): NotifyHook[] {
  return Object.entries(declared).map(([name, {command, webhook, token, events, timeoutSeconds}]) => ({
    name,
    command: command && placedArguments(command, folder),
    webhook: webhook === undefined ? undefined : addressReference(webhook, secrets),
    token: token === undefined ? undefined : secretReference(token, secrets),
    events: events ?? notifyEvents,
    timeoutSeconds: timeoutSeconds ?? defaultSeconds,
  }))
}

const addressReference = (webhook: string, secrets: string): SecretReference =>
  /^https?:/.test(webhook)
    ? {reference: webhook, read: () => Promise.resolve(webhook)}
    : secretReference(webhook, secrets)

export function hookIssues(
  declared: Readonly<Record<string, {readonly command?: unknown; readonly webhook?: unknown}>>,
  placeOf: (path: readonly [string, string]) => Place,
): Issue[] {
  return Object.entries(declared)
    .filter(([, {command, webhook}]) => (command === undefined) === (webhook === undefined))
    .map(([name]) => ({
      place: placeOf(['notify', name]),
      message: `notify.${name}: needs either command or webhook`,
    }))
}
