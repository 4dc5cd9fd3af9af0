/** A sandbox to measure in: a program with two funders, shops, and as many lines as asked for. */
import { createClient } from '../../cli/http/client.ts'
import { baitiaoTerms } from '../../server/demo-terms.ts'
import { systemClock } from '../../server/platform/clock.ts'
import type { Database } from '../../server/platform/database.ts'
import { createIds, createRandom } from '../../server/platform/ids.ts'
import { stringifyJson } from '../../server/platform/json.ts'
import { withDatabase } from './database.ts'
import type { Server } from './server.ts'

export interface World {
  readonly tenantId: string
  readonly key: string
  readonly programId: string
  readonly lines: readonly string[]
  readonly merchants: readonly string[]
}

export interface WorldOrder {
  readonly lines: number
  readonly merchants: number
}

/** Through the API, but for the lines: one is applied for, the others are copies of its row. */
export async function makeWorld(server: Server, order: WorldOrder): Promise<World> {
  const opener = createClient(server)
  const sandbox = await opener.post<{ tenantId: string; secretKey: string }>('/v1/sandboxes', { name: 'Benchmark' })
  opener.close()
  const client = createClient({ url: server.url, key: sandbox.secretKey, connections: 32 })
  await client.post('/v1/clock', { mode: 'running' })
  const programId = await makeProgram(client)
  const shops = Array.from({ length: order.merchants }, (_, index) => ({ name: `Shop ${index}` }))
  const merchants = await Promise.all(shops.map((shop) => client.post<{ id: string }>('/v1/merchants', shop)))
  const customer = await client.post<{ id: string }>('/v1/customers', { name: 'Lin Xiaoyu' })
  const line = await client.post<{ id: string }>('/v1/lines', { customerId: customer.id, programId })
  client.close()
  const lines = await withDatabase(server, (db) => copyLine(db, line.id, order.lines))
  return {
    tenantId: sandbox.tenantId,
    key: sandbox.secretKey,
    programId,
    lines,
    merchants: merchants.map((merchant) => merchant.id),
  }
}

async function makeProgram(client: ReturnType<typeof createClient>): Promise<string> {
  const bank = await client.post<{ id: string }>('/v1/funders', { name: 'Bank' })
  const trust = await client.post<{ id: string }>('/v1/funders', { name: 'Trust' })
  const terms = baitiaoTerms([
    { funderId: bank.id, basisPoints: 7_000 },
    { funderId: trust.id, basisPoints: 3_000 },
  ])
  const draft = { name: 'Baitiao', terms }
  const { id } = await client.post<{ id: string }>('/v1/programs', JSON.parse(stringifyJson(draft)))
  await client.post(`/v1/programs/${id}/activate`)
  return id
}

/** A limit that no run of a benchmark uses up: what is measured are purchases, not refusals. */
const limitMinor = 2_000_000_000
const linesPerInsert = 10_000

async function copyLine(db: Database, lineId: string, count: number): Promise<string[]> {
  const ids = createIds(createRandom(), systemClock)
  const lines: string[] = []
  while (lines.length < count) {
    const some = Array.from({ length: Math.min(linesPerInsert, count - lines.length) }, () => ids.create('lin', 0))
    const owners = some.map(() => ids.create('cus', 0))
    await db`
      insert into lines
        select l.shard, copy.id, l.tenant_id, copy.customer_id, l.program_id, l.terms_version, l.currency, l.status,
          ${limitMinor}, 0, 0, 0, l.next_statement_on, 0, l.autopay, l.decision, l.opened_on, 0
        from lines l, unnest(${db.typed.texts(some)}, ${db.typed.texts(owners)}) as copy(id, customer_id)
        where l.shard = 0 and l.id = ${lineId}`
    lines.push(...some)
  }
  await db`analyze lines`
  return lines
}
