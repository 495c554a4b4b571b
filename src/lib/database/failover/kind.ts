export const failoverKind = 'database-failover'
