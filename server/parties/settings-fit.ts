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
 * Keeps with a database the settings of the first server, which must fit (`assertSettingsFit`), for all that come after. Of servers
 * that begin a database together one is the first, and the others are refused.
 */
export async function recordSettings(platform: Platform): Promise<void> {
  const { db, shards } = platform
  await db`
    insert into made_with (shards, master_key_mark) values (${shards}, ${markOf(platform)}) on conflict do nothing`
  await assertSettingsFit(platform)
}

const markOf = ({ vault }: Platform): string => vault.fingerprint('', 'made with', '')

/** Throws a `StartupError` unless the settings are those that were recorded, or, where none were yet, those of its customers. */
export async function assertSettingsFit(platform: Platform): Promise<void> {
  const { db, shards } = platform
  const [tables] = await db<{ customers: boolean; madeWith: boolean }[]>`
    select to_regclass('customers') is not null as customers, to_regclass('made_with') is not null as made_with`
  const [recorded] = tables!.madeWith
    ? await db<{ shards: number; masterKeyMark: string }[]>`select shards, master_key_mark from made_with`
    : []
  if (recorded === undefined) {
    if (tables!.customers) await assertCustomersFit(platform)
    return
  }
  if (recorded.masterKeyMark !== markOf(platform)) throw otherMasterKey()
  if (recorded.shards !== shards) throw otherShards(shards, String(recorded.shards))
}

function otherMasterKey(): StartupError {
  return new StartupError(
    'The personal data in this database was sealed under another master key.',
    'Set CHIT_MASTER_KEY (or the file master.key in CHIT_HOME) to the key that it was made with.',
  )
}

function otherShards(shards: number, made: string): StartupError {
  return new StartupError(
    `SHARDS is ${shards}, but this database was made with ${made}.`,
    'Start with the number that it was made with: it is chosen once.',
  )
}

/**
 * For a database of a version that recorded nothing. Looks at the oldest customers of the first shard that has any and at the newest of the last: the newest alone may all be known
 * by a name only, or have come while the server had another key. Under another key none of them can be read, and those who come
 * again are taken for others; under another number of shards these are looked for in the wrong one.
 * One that has no customers yet fits any.
 */
async function assertCustomersFit({ db, vault, shards }: Platform): Promise<void> {
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
  if (customers.length > 0 && opened.length === 0) throw otherMasterKey()
  // Who is known by a name only was given a shard by chance.
  const known = opened.filter(({ personal, reference }) => personal.idNumber ?? personal.phone ?? reference)
  const isElsewhere = known.some(({ shard, identityHash }) => shardFor(identityHash, shards) !== shard)
  if (isElsewhere || customers.some(({ shard }) => shard >= shards)) throw otherShards(shards, 'another number')
}
