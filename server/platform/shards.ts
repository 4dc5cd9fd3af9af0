import type { Queryable } from './database.ts'

/**
 * For rows looked up by several ids of these shards. Of one shard alone, as there is on one PostgreSQL, it is said so: a list
 * of one has the index searched for pairs, which takes 12.7 instead of 9.6 µs for a line.
 */
export function ofShards(db: Queryable, shards: readonly number[]) {
  return shards.length === 1 ? db`shard = ${shards[0]!}` : db`shard = any (${db.typed.smallints(shards)})`
}
