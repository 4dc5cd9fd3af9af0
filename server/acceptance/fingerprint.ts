/** Whether anything at all changed: every row of every table, hashed. */
import type { Database } from '../platform/database.ts'

/** What a refused request may leave behind: its own outcome, for the retry. */
const leftOut = ['idempotency_keys']

/** One hash per table, so that a difference names where it is. */
export async function fingerprint(db: Database): Promise<Record<string, string>> {
  const tables = await db<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> all (${db.typed.texts(leftOut)})
    order by c.relname`
  const hashes = await Promise.all(
    tables.map(
      ({ name }) =>
        db<{ hash: string }[]>`
        select count(*) || ' rows, ' || coalesce(md5(string_agg(r::text, '|' order by r::text)), '') as hash from ${db(name)} r`,
    ),
  )
  return Object.fromEntries(tables.map(({ name }, index) => [name, hashes[index]![0]!.hash]))
}
