import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())
beforeEach(() => db`truncate lines, idempotency_keys`)

type Asked = Readonly<Record<string, unknown>>

const commit = (operations: readonly Asked[]) =>
  db<{ n: number; outcome: string; status: number | null }[]>`
    select n, outcome, status from commit_operations(0::smallint,
      array(select jsonb_populate_record(null::operation, '{"tenant_id": "ten_a"}'::jsonb || o)
        from jsonb_array_elements(${operations}) o),
      null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`

/** A line each, with 10 held and 20 owed of 100, at version 3. */
function openLines(lines: readonly Asked[]) {
  const rows = lines.map((line, index) => ({
    shard: 0,
    id: `lin_${index + 1}`,
    tenant_id: 'ten_a',
    customer_id: `cus_${index + 1}`,
    program_id: 'prg_a',
    terms_version: 1,
    currency: 'CNY',
    status: 'active',
    limit_minor: 100,
    held_minor: 10,
    owed_minor: 20,
    credit_minor: 0,
    next_statement_on: '2026-04-03',
    statement_count: 0,
    decision: {},
    opened_on: '2026-03-05',
    version: 3,
    ...line,
  }))
  return db`insert into lines select r.* from jsonb_array_elements(${rows}) o, jsonb_populate_record(null::lines, o) r`
}

const lines = async () => {
  const rows = await db<{ id: string; heldMinor: bigint; owedMinor: bigint; status: string; version: number }[]>`
    select id, held_minor, owed_minor, status, version from lines order by length(id), id`
  return rows.map(({ heldMinor, owedMinor, status, version }) => [heldMinor, owedMinor, status, version])
}

const asIs = [10n, 20n, 'active', 3]

interface Case {
  readonly operation: Asked
  /** What is unlike other lines. */
  readonly line?: Asked
  readonly outcome: string
  readonly afterwards: readonly unknown[]
}

const cases: Readonly<Record<string, Case>> = {
  'a purchase of all that is left': {
    operation: { spend: 70, owed: 70 },
    outcome: 'ok',
    afterwards: [10n, 90n, 'active', 3],
  },
  'a purchase of more': { operation: { spend: 71, owed: 71 }, outcome: 'limit-exceeded', afterwards: asIs },
  'a purchase for the coming bill': {
    operation: { spend: 1, owed: 1, statement_on: '2026-04-03' },
    outcome: 'ok',
    afterwards: [10n, 21n, 'active', 3],
  },
  'a purchase for a bill that was closed meanwhile': {
    operation: { spend: 1, owed: 1, statement_on: '2026-03-03' },
    outcome: 'conflict',
    afterwards: asIs,
  },
  'a purchase on a line without a coming bill': {
    operation: { spend: 1, owed: 1, statement_on: '2026-04-03' },
    line: { next_statement_on: null },
    outcome: 'conflict',
    afterwards: asIs,
  },
  'a purchase on a frozen line': {
    operation: { spend: 1, owed: 1 },
    line: { status: 'frozen' },
    outcome: 'line-not-active',
    afterwards: [10n, 20n, 'frozen', 3],
  },
  'a repayment on a frozen line': {
    operation: { version: 3, owed: -20 },
    line: { status: 'frozen' },
    outcome: 'ok',
    afterwards: [10n, 0n, 'frozen', 4],
  },
  'what was decided on an earlier version': {
    operation: { version: 2, owed: -20 },
    outcome: 'conflict',
    afterwards: asIs,
  },
  'a purchase of more, decided on an earlier version': {
    operation: { version: 2, spend: 71, owed: 71 },
    outcome: 'conflict',
    afterwards: asIs,
  },
  'a close of a line with debt': {
    operation: { version: 3, status: 'closed' },
    outcome: 'conflict',
    afterwards: asIs,
  },
  'a close that takes the debt away': {
    operation: { version: 3, status: 'closed', held: -10, owed: -20 },
    outcome: 'ok',
    afterwards: [0n, 0n, 'closed', 4],
  },
  'a line of another tenant': {
    operation: { spend: 1, owed: 1 },
    line: { tenant_id: 'ten_b' },
    outcome: 'line-not-found',
    afterwards: asIs,
  },
  'a key with an outcome, for a purchase of more': {
    operation: { key: 'known', request_hash: 'same', spend: 71, owed: 71 },
    outcome: 'replay',
    afterwards: asIs,
  },
  'a key with an outcome, for another request': {
    operation: { key: 'known', request_hash: 'other', spend: 1, owed: 1 },
    outcome: 'key-reused',
    afterwards: asIs,
  },
}

async function knowKey() {
  await db`insert into idempotency_keys (shard, tenant_id, key, request_hash, status, body)
    values (0, 'ten_a', 'known', 'same', 201, '{}')`
}

for (const [what, { operation, line = {}, outcome, afterwards }] of Object.entries(cases)) {
  test(`${what}, alone in its batch: ${outcome}`, async () => {
    await knowKey()
    await openLines([line])
    const refused = await commit([{ line_id: 'lin_1', ...operation }])
    assert.deepEqual(
      refused.map((row) => [row.n, row.outcome]),
      outcome === 'ok' ? [] : [[1, outcome]],
    )
    assert.deepEqual(await lines(), [afterwards])
  })
}

test('all of these in one batch, with operations without a line between them, are refused as each alone', async () => {
  await knowKey()
  const all = Object.values(cases)
  await openLines(all.map(({ line = {} }) => line))
  const operations = all.flatMap(({ operation }, index) => [{ line_id: `lin_${index + 1}`, ...operation }, {}])
  const refused = await commit(operations)
  const expected = all.flatMap(({ outcome }, index) => (outcome === 'ok' ? [] : [[2 * index + 1, outcome]]))
  assert.deepEqual(
    refused.map((row) => [row.n, row.outcome]),
    expected,
  )
  assert.deepEqual(
    await lines(),
    all.map(({ afterwards }) => afterwards),
  )
})

test('a line that comes twice in a batch keeps all from being written', async () => {
  await openLines([{}])
  const twice = [
    { line_id: 'lin_1', owed: 1 },
    { line_id: 'lin_1', owed: 2 },
  ]
  await assert.rejects(commit(twice), /a line comes twice in a batch/)
  assert.deepEqual(await lines(), [asIs])
})
