import type {Cluster} from '../cluster.ts'

/** Roles and databases whose commits wait for no standby, whatever the server's setting: those are on one disk alone. */
export async function loweredFor(cluster: Cluster, host: string): Promise<readonly string[]> {
  const session = await cluster.maintenance(host)
  // A value is kept as it was typed.
  const lowered = await session.query<{what: string}>(
    `select concat_ws(' ', r.rolname, d.datname) as what from pg_db_role_setting s
       left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
     where exists (select from unnest(setconfig) c where c ~* '^synchronous_commit=(local|off|false|no|0)$') order by 1`,
  )
  return lowered.map(({what}) => what || 'all')
}
