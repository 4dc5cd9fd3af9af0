import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findCharge } from './charges/store.ts'
import { hasExpiring, readAgenda } from './closing/store.ts'
import { listDisputesOfLine } from './disputes/store.ts'
import { listLinesOf } from './lines/store.ts'
import { findCustomerByIdentity } from './parties/store.ts'
import { type Context, contextForJob, createPlatform } from './platform/context.ts'
import { openDatabase } from './platform/database.ts'
import { testConfig } from './platform/testing.ts'
import { plainTerms, testCredit } from './testing.ts'

/** A plan is made while a table is empty and kept while it grows: none of these may be one that reads the whole table or index. */

const { sandbox, db } = await testCredit({ after })

async function ownUrl(): Promise<string> {
  const [row] = await db<{ name: string }[]>`select current_database() as name`
  return Object.assign(new URL(process.env.CHIT_TEST_DATABASE_URL!), { pathname: `/${row!.name}` }).href
}

async function timesUsed(index: string): Promise<bigint> {
  const [row] = await db<
    { times: bigint }[]
  >`select idx_scan as times from pg_stat_user_indexes where indexrelname = ${index}`
  return row!.times
}

async function timesReadWhole(table: string): Promise<bigint> {
  const [row] = await db<
    { times: bigint }[]
  >`select seq_scan as times from pg_stat_user_tables where relname = ${table}`
  return row!.times
}

const world = await sandbox('2026-03-05')
const { tenantId } = world
type Lookup = (ctx: Context, name: string) => Promise<unknown>
/** Asked in one turn, they are one query. */
const crowd = Array.from({ length: 30 }, (_, place) => `cus_${place}`)
const lookups: [what: string, table: string, lookup: Lookup][] = [
  ['a person who is a customer already', 'customers', (ctx, name) => findCustomerByIdentity(ctx, 0, name)],
  ['the lines of a customer', 'lines', (ctx, name) => listLinesOf(ctx, 0, name)],
  ['a hold that ran out', 'charges', (ctx) => hasExpiring(ctx, 0, ctx.now())],
  [
    'what a day has to do with holds',
    'charges',
    (ctx) => readAgenda(ctx, 0, '2026-03-05', ['2026-03-05', '2026-03-08']),
  ],
]

/** Ten times, each by thirty in one turn, on a connection of its own. */
async function lookUpOften(lookup: Lookup, names: readonly string[]): Promise<void> {
  const url = await ownUrl()
  const own = openDatabase(url, { max: 1 })
  const ctx = await contextForJob(createPlatform(testConfig(), url, { db: own }), tenantId, 'system:test')
  // PostgreSQL plans the first five with their values, and the same for all from then on.
  for (let time = 1; time <= 10; time++) await Promise.all(names.map((name) => lookup(ctx, name)))
  // Counts are told when a connection ends.
  await own.end()
  for (let waited = 0; waited < 10; waited++) await db`select pg_sleep(0.05)`
}

for (const [what, table, lookup] of lookups) {
  test(`${what}: looked up by key, whatever the table holds`, async () => {
    const before = await timesReadWhole(table)
    await lookUpOften(lookup, crowd)
    assert.equal(await timesReadWhole(table), before)
  })
}

test('of disputes those of a charge or a line are looked up, not sought among all that are open or all that there are', async () => {
  const program = await world.program(plainTerms())
  const { id: lineId } = await world.line(program.id)
  const charge = await world.buy({ lineId, merchantId: await world.merchant(), amount: 1_000 })
  const uses = () => Promise.all(['open_disputes', 'disputes_pkey'].map(timesUsed))
  const before = await uses()
  await lookUpOften(
    (ctx, id) => Promise.all([findCharge(ctx, id), listDisputesOfLine(ctx, 0, lineId, '', 100)]),
    [charge.id],
  )
  assert.deepEqual(await uses(), before)
})
