import * as z from 'zod'

import type {KeyPath} from './yaml-file.ts'

/** The part of a schema that a path leads to; undefined where it knows no such key. The value says which kind counts. */
export function schemaAt(schema: unknown, path: KeyPath, value: unknown): unknown {
  const here = inner(schema)
  const [key, ...rest] = path
  if (key === undefined) return here
  return schemaAt(below(kindFor(here, value), String(key)), rest, valueAt(value, [key]))
}

export function valueAt(value: unknown, path: KeyPath): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return valueAt((value as Readonly<Record<string, unknown>>)[key], rest)
}

/** Keys that may stand there. */
export function keysOf(schema: unknown, value: unknown): string[] {
  const kind = kindFor(inner(schema), value)
  return kind instanceof z.ZodObject ? Object.keys(kind.shape) : []
}

/**
 * Of something that is one of several kinds, the key that tells each kind: the first one of its schema, or the one whose
 * value names it. Empty for everything else.
 */
export function tellingKeys(schema: unknown): string[] {
  const here = inner(schema)
  if (!(here instanceof z.ZodUnion)) return []
  const keys = here.options.map(tellingKey)
  return keys.every((key) => key !== undefined) ? keys : []
}

function tellingKey(option: unknown): string | undefined {
  if (option instanceof z.ZodDiscriminatedUnion) return option.def.discriminator
  return option instanceof z.ZodObject ? Object.keys(option.shape)[0] : undefined
}

function kindFor(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const {discriminator} = schema.def
    return schema.options.find((option) => hasValue(option, discriminator, valueAt(value, [discriminator])))
  }
  if (!(schema instanceof z.ZodUnion)) return schema
  const index = tellingKeys(schema).findIndex((key) => valueAt(value, [key]) !== undefined)
  return index === -1 ? undefined : kindFor(inner(schema.options[index]), value)
}

function hasValue(option: unknown, key: string, value: unknown): boolean {
  const literal: unknown = option instanceof z.ZodObject ? option.shape[key] : undefined
  return literal instanceof z.ZodLiteral && literal.values.has(value as string)
}

function below(schema: unknown, key: string): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[key]
  if (schema instanceof z.ZodRecord) return schema.valueType
  return schema instanceof z.ZodArray ? schema.element : undefined
}

function inner(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inner(schema.unwrap())
  return schema instanceof z.ZodPipe ? inner(schema.in) : schema
}
