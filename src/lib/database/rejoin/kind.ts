export const rejoinKind = 'database-rejoin'
