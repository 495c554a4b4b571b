/** Who owns the fields that pp sets. */
export const manager = {fieldManager: 'pp'} as const
