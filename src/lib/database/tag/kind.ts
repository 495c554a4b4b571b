export const tagKind = 'database-tag'
