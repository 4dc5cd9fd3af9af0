/**
 * `npm run upgrade-fixture -- --version 0.1 [--checkout FOLDER]` keeps what a release leaves in a database: a small sandbox
 * lived through the API of that release, its tables, and what it answered when it was asked about them. Every later
 * version must start on it (sim/upgrade/upgrade.test.ts). Made once for each release, and never again.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { withDatabase } from '../bench/harness/database.ts'
import { type Server, startServer } from '../bench/harness/server.ts'
import { CommandError, parseCommandLine, runCommand } from '../cli/command-line.ts'
import { type Client, createClient } from '../cli/http/client.ts'
import { baitiaoTerms, cardTerms } from '../server/demo-terms.ts'
import type { Database } from '../server/platform/database.ts'
import { stringifyJson } from '../server/platform/json.ts'
import type { UpgradeFixture } from '../sim/upgrade/fixture.ts'

const here = resolve(import.meta.dirname, '..')
const masterKey = Buffer.alloc(32, 1).toString('base64')

const help = `npm run upgrade-fixture -- --version 0.1 [--checkout FOLDER]

  --version    of the release, which is the name of the file in sim/upgrade
  --checkout   of that release; this one by default
`

interface Settings {
  readonly version: string
  readonly checkout: string
}

function readSettings(): Settings | null {
  const options = { version: { type: 'string' }, checkout: { type: 'string' }, help: { type: 'boolean' } } as const
  const { version, checkout = here, help: isHelpAsked } = parseCommandLine({ options }).values
  if (isHelpAsked) return null
  if (version === undefined) throw new CommandError('--version is missing, such as --version 0.1.')
  if (!/^\d+(\.\d+){1,2}$/.test(version)) throw new CommandError(`--version "${version}" is not one like 0.1.`)
  if (!existsSync(join(checkout, 'server/main.ts'))) {
    throw new CommandError(`--checkout "${checkout}" is not a folder with Chit in it: it has no server/main.ts.`)
  }
  return { version, checkout: resolve(checkout) }
}

async function keepFixture({ version, checkout }: Settings): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'chit-fixture-'))
  const server = await startServer({ home, checkout, env: { CHIT_MASTER_KEY: masterKey } })
  try {
    const sandbox = await live(server)
    const tables = await withDatabase(server, tablesOf)
    await writeFile(join(here, `sim/upgrade/${version}.json`), printed({ version, masterKey, ...sandbox }, tables))
    return 0
  } finally {
    await server.stop()
    await rm(home, { recursive: true, force: true })
  }
}

/** Three customers: one pays in time, one does not pay, one uses a card; in the middle of everything. */
async function live(server: Server): Promise<Omit<UpgradeFixture, 'version' | 'masterKey' | 'tables'>> {
  const opener = createClient(server)
  const opened = { name: 'Fixture', timeZone: 'Asia/Shanghai', now: '2026-03-05' }
  const { tenantId, secretKey } = await opener.post<{ tenantId: string; secretKey: string }>('/v1/sandboxes', opened)
  opener.close()
  const client = createClient({ url: server.url, key: secretKey })
  const made = async (path: string, body?: unknown) => (await client.post<{ id: string }>(path, body)).id
  const funderId = await made('/v1/funders', { name: 'Harbour Bank' })
  const programOf = async (name: string, terms: unknown) => {
    const id = await made('/v1/programs', JSON.parse(stringifyJson({ name, terms })))
    await client.post(`/v1/programs/${id}/activate`)
    return id
  }
  const baitiao = await programOf('Baitiao', baitiaoTerms([{ funderId, basisPoints: 7_000 }]))
  const card = await programOf('Card', cardTerms())
  const merchantId = await made('/v1/merchants', { name: 'Phones & More', reference: 'phones' })
  const lineOf = async (name: string, programId: string, more: object = {}) => {
    const customerId = await made('/v1/customers', { name, idNumber: `ID-${name}`, phone: '13900000001' })
    return made('/v1/lines', { customerId, programId, ...more })
  }
  const paying = await lineOf('Lin Xiaoyu', baitiao, { autopay: { token: 'tok_ok', amount: 'total' } })
  const late = await lineOf('Wang Min', baitiao)
  const revolving = await lineOf('Chen Jie', card)
  const buy = (lineId: string, amount: number, plan: string, more: object = {}) =>
    client.post<{ id: string; loanIds: string[] }>('/v1/charges', {
      ...{ lineId, merchantId, amount, currency: 'CNY', plan, ...more },
    })
  const phone = await buy(paying, 399_900, '12x')
  await buy(paying, 25_900, 'pay-later')
  await buy(late, 240_000, '12x-daily')
  await buy(late, 30_000, '3x')
  await buy(revolving, 100_000, 'pay-later')
  await client.post(`/v1/charges/${phone.id}/refunds`, { amount: 50_000 })
  await client.post('/v1/clock/advance', { to: '2026-05-20' })
  await client.post('/v1/repayments', { lineId: late, amount: 12_345 })
  await client.post('/v1/repayments', { lineId: revolving, amount: 20_000 })
  const hold = await buy(paying, 70_000, '3x', { capture: false })
  const key = 'bought-before-the-upgrade'
  const order = { lineId: paying, merchantId, amount: 12_000, currency: 'CNY', plan: 'pay-later' }
  const answer = await client.post('/v1/charges', order, key)
  const seen = [
    '/v1/trial-balance',
    '/v1/clock',
    ...[paying, late, revolving].flatMap((id) => [
      `/v1/lines/${id}`,
      `/v1/loans?lineId=${id}`,
      `/v1/statements?lineId=${id}`,
      `/v1/repayments?lineId=${id}`,
    ]),
    `/v1/charges/${phone.id}`,
    `/v1/charges/${hold.id}`,
    `/v1/explain/${phone.loanIds[0]}.1`,
    `/v1/payouts?payeeId=${merchantId}`,
  ]
  const answers = await answersTo(client, seen)
  client.close()
  return { tenantId, secretKey, lineId: paying, merchantId, holdId: hold.id, replay: { key, order, answer }, answers }
}

async function answersTo(client: Client, paths: readonly string[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {}
  for (const path of paths) answers[path] = await client.get(path)
  return answers
}

/** Rows as PostgreSQL prints them to JSON; those of partitions through their table. */
async function tablesOf(db: Database): Promise<Record<string, string[]>> {
  const tables = await db<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
    order by relname`
  const rowsOf = async ({ name }: { name: string }) => {
    const rows = await db<{ row: string }[]>`select to_jsonb(t)::text as row from ${db(name)} t order by 1`
    return [name, rows.map(({ row }) => row)] as const
  }
  return Object.fromEntries(await Promise.all(tables.map(rowsOf)))
}

/** A row a line, so that the file can be read and a fixture added by mistake can be seen. */
function printed(about: Omit<UpgradeFixture, 'tables'>, tables: Readonly<Record<string, string[]>>): string {
  const { answers, ...rest } = about
  const listed = (entries: [string, unknown][]) =>
    entries.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(',\n')
  const told = listed(Object.entries(answers).map(([path, answer]) => [path, JSON.stringify(answer)]))
  const kept = listed(Object.entries(tables).map(([table, rows]) => [table, `[\n${rows.join(',\n')}\n]`]))
  return `${JSON.stringify(rest, null, 1).slice(0, -2)},\n"answers": {\n${told}\n},\n"tables": {\n${kept}\n}}\n`
}

process.exitCode = await runCommand('upgrade-fixture', help, readSettings, keepFixture)
