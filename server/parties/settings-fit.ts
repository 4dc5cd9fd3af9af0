/** Whether the settings of a server are those that its database was made with. Both would do harm for good without a word. */
import type { Platform } from '../platform/context.ts'
import { shardFor } from '../platform/ids.ts'
import type { Fragment } from '../platform/sql.ts'
import { StartupError } from '../platform/startup-error.ts'
import type { PersonalData } from './customers.ts'

interface Sealed {
  readonly shard: number
  readonly reference: string | null
  readonly identityHash: string
  readonly wrappedKey: Uint8Array
  readonly sealed: Uint8Array
}

/**
 * Looks at the oldest customers of the first shard that has any and at the newest of the last: the newest alone may all be known
 * by a name only, or have come while the server had another key. Under another key none of them can be read, and those who come
 * again are taken for others; under another number of shards these are looked for in the wrong one.
 * A database that has no customers yet, or no table of them, fits any.
 */
export async function assertSettingsFit({ db, vault, shards }: Platform): Promise<void> {
  const [table] = await db<{ isThere: boolean }[]>`select to_regclass('customers') is not null as is_there`
  if (!table!.isThere) return
  const first = (order: Fragment) => db<Sealed[]>`
    select shard, reference, identity_hash, wrapped_key, sealed from customers
    where wrapped_key is not null and sealed is not null
    order by ${order} limit 20`
  const customers = [...(await first(db`shard, id`)), ...(await first(db`shard desc, id desc`))]
  const opened = customers.flatMap((customer) => {
    try {
      return [{ ...customer, personal: vault.open(customer.wrappedKey, customer.sealed) as PersonalData }]
    } catch {
      return []
    }
  })
  if (customers.length > 0 && opened.length === 0) {
    throw new StartupError(
      'The personal data in this database was sealed under another master key.',
      'Set CHIT_MASTER_KEY (or the file master.key in CHIT_HOME) to the key that it was made with.',
    )
  }
  // Who is known by a name only was given a shard by chance.
  const known = opened.filter(({ personal, reference }) => personal.idNumber ?? personal.phone ?? reference)
  const isElsewhere = known.some(({ shard, identityHash }) => shardFor(identityHash, shards) !== shard)
  if (isElsewhere || customers.some(({ shard }) => shard >= shards)) {
    throw new StartupError(
      `SHARDS is ${shards}, but this database was made with another number.`,
      'Start with the number that it was made with: it is chosen once.',
    )
  }
}
