/** Kind of operation, as journals have it. */
export const drillKind = 'drill'

/** What a run locks: changes of the database's primary have a lock of their own, so that a drill can make one. */
export const drillTarget = (database: string): string => `${database}.drill`
