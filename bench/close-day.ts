/**
 * One ordinary day at several sizes: what falls due on it is a 28th of all, and its close should cost that and no more.
 * A few lines of each billing day are lived through the API; the others are copies of their rows.
 */
import { createClient } from '../cli/http/client.ts'
import { baitiaoTerms } from '../server/demo-terms.ts'
import type { Database } from '../server/platform/database.ts'
import { stringifyJson } from '../server/platform/json.ts'
import { megabytesOf, printConditions } from './harness/conditions.ts'
import { withDatabase } from './harness/database.ts'
import { figure } from './harness/load.ts'
import { type Server, withServer } from './harness/server.ts'
import { type BenchOptions, serverFor } from './options.ts'

const billingDays = 28
const linesPerDay = 2
const loansPerLine = [
  { plan: '12x', amount: 120_000 },
  { plan: '6x', amount: 60_000 },
  { plan: '3x', amount: 30_000 },
]
/** 2.5 loans a line, as 1,000,000 loans on 400,000 lines: every second line has two, the others three. */
const loansOfLine = (index: number) => loansPerLine.slice(0, 2 + (index % 2))
const targetSeconds = 60
const targetMegabytes = 1024

const sizes = { short: [5_000, 10_000], long: [25_000, 50_000, 100_000], full: [250_000, 500_000, 1_000_000] }

type Client = ReturnType<typeof createClient>

export function benchCloseDay(options: BenchOptions): Promise<void> {
  const wanted = options.full ? sizes.full : options.short ? sizes.short : sizes.long
  return withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const opener = createClient(server)
    const draft = { name: 'Days', timeZone: 'Asia/Shanghai', now: '2026-01-10' }
    const sandbox = await opener.post<{ tenantId: string; secretKey: string }>('/v1/sandboxes', draft)
    opener.close()
    const client = createClient({ url: server.url, key: sandbox.secretKey, timeoutMilliseconds: 3_600_000 })
    await liveTwoMonths(client)
    const templates = await withDatabase(server, (db) => countLoans(db, sandbox.tenantId))
    console.log(`  ${templates} loans lived two months through the API; the others are copies of them\n`)
    let day = Temporal.PlainDate.from('2026-03-10')
    for (const loans of wanted) {
      await withDatabase(server, (db) => growTo(db, sandbox.tenantId, loans))
      await closeOne(client, server, day, loans)
      day = day.add({ days: 1 })
    }
    client.close()
  })
}

/** Lines of every billing day buy in instalments, and see two bills; the dues are paid by autopay. */
async function liveTwoMonths(client: Client): Promise<void> {
  const shop = await client.post<{ id: string }>('/v1/merchants', { name: 'Shop', payoutTiming: 'manual' })
  for (let day = 1; day <= billingDays; day++) {
    const programId = await makeProgram(client, day)
    for (let index = 0; index < linesPerDay; index++) {
      const customer = await client.post<{ id: string }>('/v1/customers', { name: 'Lin', reference: `${day}-${index}` })
      const autopay = { token: 'bank-account', amount: 'total' }
      const line = await client.post<{ id: string }>('/v1/lines', { customerId: customer.id, programId, autopay })
      for (const loan of loansOfLine(index)) {
        const purchase = { lineId: line.id, merchantId: shop.id, currency: 'CNY', ...loan }
        await client.post('/v1/charges', purchase)
      }
    }
  }
  await client.post('/v1/clock/advance', { to: '2026-03-10' })
}

async function makeProgram(client: Client, statementDay: number): Promise<string> {
  const terms = { ...baitiaoTerms([]), cycle: { statementDay, dueDay: ((statementDay + 9) % billingDays) + 1 } }
  const draft = JSON.parse(stringifyJson({ name: `Day ${statementDay}`, terms }))
  const { id } = await client.post<{ id: string }>('/v1/programs', draft)
  await client.post(`/v1/programs/${id}/activate`)
  return id
}

async function countLoans(db: Database, tenantId: string): Promise<number> {
  const [row] = await db<{ loans: number }[]>`
    select count(*)::int as loans from loans where tenant_id = ${tenantId} and status = 'active'`
  return row!.loans
}

/** Copies keep the prefix of an id (kind, shard, time) and get the number of the copy as its last 8 letters. */
const copied = (column: string) => `left(${column}, -8) || lpad(to_hex(copy), 8, '0')`

async function growTo(db: Database, tenantId: string, loans: number): Promise<void> {
  const originals = `tenant_id = '${tenantId}' and right(line_id, 8) !~ '^00[0-9a-f]{6}$'`
  const [had] = await db<{ loans: number; originals: number }[]>`
    select count(*)::int as loans, (count(*) filter (where right(line_id, 8) !~ '^00[0-9a-f]{6}$'))::int as originals
    from loans where tenant_id = ${tenantId} and status = 'active'`
  const copies = `generate_series(${Math.floor(had!.loans / had!.originals)}, ${Math.ceil(loans / had!.originals) - 1}) copy`
  await copyRows(db, 'lines', originals.replace('line_id', 'id'), copies, {
    id: copied('id'),
    customer_id: copied('customer_id'),
  })
  await copyRows(db, 'loans', originals, copies, {
    id: copied('id'),
    line_id: copied('line_id'),
    charge_id: copied('charge_id'),
  })
  // A bill names its loans by id.
  const items = `regexp_replace(items::text, '(loa_[0-9a-z]{17})[0-9a-z]{8}"', '\\1' || lpad(to_hex(copy), 8, '0') || '"', 'g')::jsonb`
  await copyRows(db, 'statements', originals, copies, { id: copied('id'), line_id: copied('line_id'), items })
  await db`vacuum analyze`
}

async function copyRows(
  db: Database,
  table: string,
  which: string,
  copies: string,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = await db<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped order by attnum`
  const columns = rows.map(({ name }) => changed[name] ?? name).join(', ')
  await db.unsafe(`insert into ${table} select ${columns} from ${table}, ${copies} where ${which}`)
}

interface Moved {
  readonly days: number
  readonly lines: number
  readonly statements: number
  readonly autopaid: number
}

async function closeOne(client: Client, server: Server, day: Temporal.PlainDate, loans: number): Promise<void> {
  const startedAt = performance.now()
  const to = day.add({ days: 1 }).toString()
  const moved = await client.post<Moved>('/v1/clock/advance', { to })
  const seconds = (performance.now() - startedAt) / 1000
  const { peak } = megabytesOf(server.pid)
  const each = `${((seconds * 1000) / Math.max(1, moved.lines)).toFixed(2)} ms a line concerned`
  const work = `${figure(moved.lines)} lines concerned, ${figure(moved.statements)} bills, ${figure(moved.autopaid)} paid`
  console.log(`${figure(loans)} loans, ${day}: ${seconds.toFixed(1)} s (${each}) · ${work}`)
  console.log(
    `  server memory at most ${peak.toFixed(0)} MB (target ≤ ${targetMegabytes} MB; 1,000,000 loans ≤ ${targetSeconds} s)`,
  )
}
