export const restartKind = 'database-restart'
