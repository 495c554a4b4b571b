export const openKind = 'database-open'
