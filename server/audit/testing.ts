import assert from 'node:assert/strict'
import type { Queryable } from '../platform/database.ts'
import { type Credit, type Payout, plainTerms, type World } from '../testing.ts'
import type { AuditReport } from './types.ts'

/** A purchase with a refund, a bill, a repayment with credit, a held amount, payouts: a row of every kind. */
export async function bookkeeping({ sandbox, db }: Credit) {
  const world = await sandbox('2026-03-05')
  const [bank, trust] = [await world.funder('Bank'), await world.funder('Trust')]
  const shares = [
    { funderId: bank, basisPoints: 7_000 },
    { funderId: trust, basisPoints: 3_000 },
  ]
  const program = await world.program(plainTerms({ funding: { shares, serviceFeeBasisPoints: 2_000 } }))
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const phone = await world.buy({ lineId, merchantId, amount: 300_000, plan: '3x' })
  await world.buy({ lineId, merchantId, amount: 25_900 })
  await world.post(`/v1/charges/${phone.id}/refunds`, { amount: 50_000 })
  await world.advance('2026-04-10')
  const [statement] = await world.statements(lineId)
  const paid = await world.pay(lineId, statement!.total)
  const { payoff } = (await world.loansOf(lineId)).find((loan) => loan.plan === '3x')!
  await world.pay(lineId, payoff + 500)
  const held = await world.buy({ lineId, merchantId, amount: 7_000, capture: false })
  const { id: idle } = await world.line(program.id)
  await world.post('/v1/payouts', { funderId: bank })
  const [payout] = (await world.get<{ data: Payout[] }>(`/v1/payouts?payeeId=${merchantId}`)).data
  await world.booksAreTrue()
  return {
    world,
    program: program.id,
    merchant: merchantId,
    line: lineId,
    idle,
    charge: phone.id,
    loan: phone.loanIds[0]!,
    statement: statement!.id,
    repayment: paid.id,
    held: held.id,
    payout: payout!.id,
    captured: await rowOf(db, (await world.events('charge.captured'))[0]!.id),
  }
}

async function rowOf(db: Queryable, eventId: string): Promise<{ id: string; shard: number; seq: bigint }> {
  const [row] = await db<
    { id: string; shard: number; seq: bigint }[]
  >`select id, shard, seq from journal where id = ${eventId}`
  return row!
}

export function auditOf(world: World): Promise<AuditReport> {
  return world.get('/v1/audit')
}

/** `proof: what it found` of every proof that fails. */
export async function failuresOf(world: World): Promise<string[]> {
  const { ok, proofs } = await auditOf(world)
  const failures = proofs.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))
  assert.equal(ok, failures.length === 0)
  return failures
}

/** What is changed where, and how; and what the audit then says. */
export type Tampering = readonly [what: string, table: string, where: string, change: string, found: readonly RegExp[]]

/** That the audit finds each change that is made behind the back of the system, alone, and nothing where all is back. */
export async function assertEachIsFound(db: Queryable, world: World, cases: readonly Tampering[]): Promise<void> {
  const tampered = tamperingWith(db)
  for (const [what, table, where, change, found] of cases) {
    const failures = await tampered(table, where, change, () => failuresOf(world))
    for (const pattern of found) {
      assert.ok(
        failures.some((failure) => pattern.test(failure)),
        `${what}: ${pattern} is not in\n${failures.join('\n')}`,
      )
    }
  }
  assert.deepEqual(await failuresOf(world), [], 'every row is back')
}

/** Changes rows behind the back of the system, looks what the audit says, and puts them back. */
export const tamperingWith =
  (db: Queryable) =>
  async <Result>(table: string, where: string, change: string, look: () => Promise<Result>): Promise<Result> => {
    await db.unsafe(`create table kept as select * from ${table} where ${where}`)
    const { count } = await db.unsafe(
      change.startsWith('delete') ? change : `update ${table} set ${change} where ${where}`,
    )
    assert.equal(count, 1, `one row is changed by ${change}`)
    try {
      return await look()
    } finally {
      await db.unsafe(`delete from ${table} where ${where}; insert into ${table} select * from kept; drop table kept`)
    }
  }
