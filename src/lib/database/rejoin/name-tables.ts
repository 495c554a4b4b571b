import type {Cluster} from '../cluster.ts'

const query = `
select relation, case when t.oid is null then format('%I.%I', n.nspname, c.relname)
  else format('%I.%I (toast)', tn.nspname, t.relname) end as name
from unnest($1::text[]) relation
join pg_class c on c.oid = pg_filenode_relation(split_part(relation, '/', 1)::oid, split_part(relation, '/', 3)::oid)
join pg_namespace n on n.oid = c.relnamespace
left join pg_class t on c.relkind = 't' and t.reltoastrelid = c.oid
left join pg_namespace tn on tn.oid = t.relnamespace`

/**
 * Names of tables that WAL knows as tablespace/database/relfilenode, from the catalog of the present primary.
 *
 * One that was dropped, rewritten or made only on the lost primary has no name there and is left out.
 */
export async function nameTables(
  cluster: Cluster,
  primary: string,
  relations: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const session = await cluster.maintenance(primary)
  const databases = await session.query<{oid: string; name: string}>(
    'select oid::text, datname as name from pg_database where datallowconn',
  )
  const names: Record<string, string> = {}
  for (const {oid, name: database} of databases) {
    const ofDatabase = relations.filter((relation) => relation.split('/')[1] === oid)
    if (ofDatabase.length === 0) continue
    // A database that pp may not log in to keeps its numbers.
    const rows = await cluster
      .session(primary, database)
      .then((one) => one.query<{relation: string; name: string}>(query, [ofDatabase]))
      .catch(() => [])
    for (const {relation, name} of rows) names[relation] = shown(`${database}.${name}`)
  }
  return names
}

// As the helper takes it.
const shown = (name: string): string => name.replaceAll(/\p{Cc}/gu, '?').slice(0, 190)
