/**
 * Whatever clients do, in whatever order, the books stay true. CHIT_RANDOM_RUNS makes more or fewer sequences,
 * CHIT_RANDOM_LENGTH longer ones, all within CHIT_RANDOM_SECONDS; a failure prints its seed and path, and
 * CHIT_RANDOM_SEED and CHIT_RANDOM_PATH play it again.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { callerOf, testApp, testTenant } from '../platform/testing.ts'
import type { ProgramTermsJson } from '../programs/types.ts'
import { registerRoutes } from '../routes.ts'
import type { Charge, Instalment, Line, ListOf, Loan, Payout, Repayment, Statement, TrialBalance } from './answers.ts'
import { linePlans, make, moves, type OwnLine, type Play } from './moves.ts'
import { assertBooksAreTrue, line, loansOf, openWorld, read, worldBeginsAt } from './world.ts'

const { app, platform } = await testApp({ after }, registerRoutes)

const given = (name: string) => {
  const text = process.env[`CHIT_RANDOM_${name}`]
  return text === undefined || text === '' ? undefined : text
}
const numRuns = Number(given('RUNS') ?? 30)
const length = Number(given('LENGTH') ?? 40)
const seed = given('SEED')
const path = given('PATH')

/** Terms that change what happens to money, not how much is owed. */
const variants: fc.Arbitrary<Partial<ProgramTermsJson>> = fc.record({
  refundSurplus: fc.constantFrom('credit' as const, 'pay-back' as const),
  refundsReturnFee: fc.boolean(),
  rounding: fc.constantFrom('half-even' as const, 'up' as const, 'down' as const),
})

test('after any sequence of calls the audit holds, nothing is negative, and an independent ledger agrees', async () => {
  let played = 0
  const deadline = performance.now() + Number(given('SECONDS') ?? 35) * 1_000
  const property = fc.asyncProperty(variants, moves(length), async (variant, sequence) => {
    // Instead of fast-check's own limit, which would leave a sequence running on a database that is closed.
    if (performance.now() > deadline) return
    played++
    const play = await begin(variant)
    for (const move of sequence) await make(play, move)
    await assertBooksAreTrue(play.world.call)
    await assertLedgerAgrees(play)
  })
  await fc.assert(property, {
    numRuns,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  })
  assert.ok(played > 0)
})

/** Two customers on instalments and one with a card, in a tenant of their own. */
async function begin(variant: Partial<ProgramTermsJson>): Promise<Play> {
  const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
  // Early write-offs and late suspensions, so that sequences of some dozen calls come to all states.
  const world = await openWorld(callerOf(app, key), {
    ...variant,
    writeOffAfterDays: 20,
    suspendAfterDays: 60,
  })
  const [first, second, card] = [await line(world), await line(world), await line(world, null, world.cardId)]
  const lines = [
    { ...first, plans: linePlans.instalments },
    { ...second, plans: linePlans.instalments },
    { ...card, plans: linePlans.card },
  ].map(({ id, plans, limit }) => ({ id, plans, limit, reversed: false, paidBack: 0 }))
  const ledger = {
    lines,
    charges: new Map(),
    refunds: [],
    disputes: [],
    repayments: [],
    writtenOff: new Set<string>(),
    today: '2026-03-05',
  }
  return { world, ledger }
}

async function assertLedgerAgrees(play: Play): Promise<void> {
  let cash = 0
  for (const line of play.ledger.lines) cash += await assertLineAgrees(play, line)
  const { data: payouts } = await read<ListOf<Payout>>(play.world.call, '/v1/payouts?limit=1000')
  cash -= sum(payouts, (payout) => (payout.direction === 'pay' ? payout.amount : -payout.amount))
  const { accounts } = await read<TrialBalance>(play.world.call, '/v1/trial-balance')
  const bank = accounts.find(({ account }) => account === 'asset:cash:bank')?.balance ?? 0
  assert.equal(bank, cash, 'the bank holds what came in less what went out')
}

/** Gives the cash that came in for the line, less what was paid back. */
async function assertLineAgrees({ world, ledger }: Play, own: OwnLine): Promise<number> {
  const now = await read<Line>(world.call, `/v1/lines/${own.id}`)
  const loans = await loansOf(world.call, own.id)
  const { data: charges } = await read<ListOf<Charge>>(world.call, `/v1/charges?lineId=${own.id}&limit=1000`)
  const { data: repayments } = await read<ListOf<Repayment>>(world.call, `/v1/repayments?lineId=${own.id}&limit=1000`)
  const { data: statements } = await read<ListOf<Statement>>(world.call, `/v1/statements?lineId=${own.id}&limit=120`)
  const about = `line ${own.id} ${JSON.stringify(now)}`

  assert.equal(now.limit, own.limit, about)
  assert.ok(now.held >= 0 && now.owed >= 0 && now.available >= 0, about)
  assert.ok(now.credit >= 0 || own.reversed, `only a bounced repayment leaves credit overdrawn: ${about}`)
  for (const loan of loans) assertLoanIsSound(loan)
  for (const { total, minimum, outstanding } of statements) {
    assert.ok(total > 0 && minimum >= 0 && minimum <= total && outstanding >= 0 && outstanding <= total, about)
  }

  // What clients were told of each charge is what the charge says now, but for holds that ran out.
  const known = [...ledger.charges.values()].filter((charge) => charge.lineId === own.id)
  assert.equal(charges.length, known.length)
  for (const charge of charges) {
    const told = ledger.charges.get(charge.id)!
    const expired = charge.status !== told.status ? told.held : 0
    assert.deepEqual(
      [charge.captured, charge.refunded, charge.released, charge.held],
      [told.captured, told.refunded, told.released + expired, told.held - expired],
      `charge ${charge.id}`,
    )
    assert.equal(
      sum(
        loans.filter((loan) => loan.chargeId === charge.id),
        (loan) => loan.principal,
      ),
      charge.captured,
    )
  }
  assert.equal(
    now.held,
    sum(charges, (charge) => charge.held),
    about,
  )
  assert.equal(
    now.owed,
    sum(loans, (loan) => loan.principalOutstanding),
    about,
  )

  const booked = repayments.filter((repayment) => repayment.status === 'booked' && repayment.source !== 'credit')
  const refunds = ledger.refunds.filter((refund) => refund.charge.lineId === own.id)
  const cashIn = sum(booked, (repayment) => repayment.amount) - sum(refunds, (refund) => refund.paidBack) - own.paidBack
  if (!ledger.writtenOff.has(own.id)) {
    const paid = sum(loans, (loan) => sum(loan.instalments, (instalment) => instalment.paid))
    // What a refund gave back for an instalment that was paid stays paid there and is credit besides.
    const least = cashIn - now.credit
    const most = least + sum(refunds, (refund) => refund.amount)
    assert.ok(least <= paid && paid <= most, `${least} ≤ ${paid} ≤ ${most} paid to the instalments: ${about}`)
  }
  return cashIn
}

function assertLoanIsSound(loan: Loan): void {
  const about = `loan ${loan.id} (${loan.plan}, ${loan.status})`
  for (const instalment of loan.instalments) {
    const { principal, interest, fee, penalty, total, paid, outstanding, balanceAfter } = instalment
    const least = Math.min(principal, interest, fee, penalty, total, paid, outstanding, balanceAfter)
    assert.ok(least >= 0, `${about}: ${JSON.stringify(instalment)}`)
    assert.ok(paid + outstanding <= total, `${about}: ${JSON.stringify(instalment)}`)
  }
  assert.ok(loan.principalOutstanding >= 0 && loan.principalOutstanding <= loan.principal, about)
  assert.ok(loan.payoff >= 0 && loan.daysPastDue >= 0, about)
  if (loan.status === 'active') {
    assert.ok(
      loan.payoff <= outstandingOf(loan.instalments),
      `${about}: settling never costs more than all instalments`,
    )
    assert.ok(loan.payoff > 0, `${about}: an active loan has something to settle`)
  } else assert.equal(outstandingOf(loan.instalments), 0, about)
}

function outstandingOf(instalments: readonly Instalment[]): number {
  return sum(instalments, (instalment) => instalment.outstanding)
}

function sum<Item>(items: readonly Item[], figure: (item: Item) => number): number {
  return items.reduce((total, item) => total + figure(item), 0)
}
