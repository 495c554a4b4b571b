import * as z from 'zod'

/** Hosts that are found out when a run begins. */
export const roles = ['{primary}', '{standby}', '{pooler}'] as const

const message = `a host of the inventory, or in quotes ${roles.map((role) => `'${role}'`).join(', ')}`

/** A host; `{primary}` without quotes is a mapping to YAML. */
export const hostOrRole = (purpose: string) =>
  z
    .string(message)
    .refine((host) => (roles as readonly string[]).includes(host) || /^[^{}\s]+$/.test(host), message)
    .describe(`${purpose} A name of the inventory, or ${roles.join(', ')}.`)
