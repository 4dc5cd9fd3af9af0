import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDay, parseDay } from '../calendar.ts'
import { applyEvent, payoffOn } from '../loan/index.ts'
import type { LoanEvent } from '../loan/types.ts'
import { cases, record } from '../property.test-support.ts'
import { type BilledLoan, billOf, isUnpaid, type PayableLoan, spread, unpaidOf } from './bill.ts'
import { nextStatementOn } from './cycle.ts'
import { planLoan } from './plan.ts'
import { cardMinimum, payLater, planOf, termsOf } from './terms.test-support.ts'
import type { Plan } from './terms.ts'

function bought(loanId: string, on: string, amount: bigint, plan: Plan, terms = termsOf()): BilledLoan {
  const statementOn = nextStatementOn(terms.cycle, on)
  return { loanId, openedOn: on, state: planLoan(terms, plan, { amount, on, statementOn }).loan }
}

function after(loan: BilledLoan, event: LoanEvent): BilledLoan {
  return { ...loan, state: applyEvent(loan.state, event) }
}

function payable(loan: BilledLoan, unpaidFrom = loan.openedOn): PayableLoan {
  return { id: loan.loanId, openedOn: loan.openedOn, unpaidFrom, folded: () => loan }
}

const phone = bought('phone', '2026-03-05', 300_000n, planOf())
const groceries = bought('groceries', '2026-04-20', 25_900n, payLater)

test('a bill lists what is unpaid up to its due date; what fell due before it closed is arrears', () => {
  const bill = billOf([phone, groceries], '2026-05-03', '2026-05-13')
  assert.deepEqual(
    bill.items.map(({ loanId, instalment, kind, dueOn, total }) => [loanId, instalment, kind, dueOn, total]),
    [
      ['phone', 1, 'arrears', '2026-04-13', 101_500n],
      ['phone', 2, 'instalment', '2026-05-13', 101_500n],
      ['groceries', 1, 'instalment', '2026-05-13', 25_900n],
    ],
  )
  assert.equal(bill.total, 101_500n + 101_500n + 25_900n)
  assert.equal(bill.newPrincipal, 25_900n, 'instalments are not carried over, purchases are')
})

test('a bill asks for what is left of an instalment, and for nothing of a loan that is paid', () => {
  const part = after(phone, { type: 'repayment', id: 'part', on: '2026-04-13', amount: 100_000n })
  const paid = after(groceries, { type: 'payoff', id: 'paid', on: '2026-05-01', amount: 25_900n })
  const bill = billOf([part, paid], '2026-05-03', '2026-05-13')
  // 1,000.00 paid the interest of 15.00 first: 15.00 of principal is left of the first instalment.
  assert.deepEqual(
    bill.items.map(({ instalment, principal, interest }) => [instalment, principal, interest]),
    [
      [1, 1_500n, 0n],
      [2, 100_000n, 1_500n],
    ],
  )
})

test('money goes to the oldest due date first, on one day to the loan opened first, and what is too much is left', () => {
  const tea = bought('tea', '2026-04-21', 1_000n, payLater)
  const loans = [tea, groceries, phone].map((loan) => payable(loan))
  const shares = (amount: bigint, until: string | null = null) => {
    const { shares: found, rest } = spread(amount, loans, '2026-05-10', until)
    return [Object.fromEntries(found.map((share) => [share.loanId, share.amount])), rest]
  }
  // 13 April: phone 1,015.00. 13 May: phone 1,015.00, groceries 259.00, tea 10.00. 13 June: phone 1,015.00.
  assert.deepEqual(shares(101_500n), [{ phone: 101_500n }, 0n])
  assert.deepEqual(shares(210_000n), [{ phone: 203_000n, groceries: 7_000n }, 0n])
  assert.deepEqual(shares(229_900n), [{ phone: 203_000n, groceries: 25_900n, tea: 1_000n }, 0n])
  assert.deepEqual(shares(240_000n, '2026-05-13'), [{ phone: 203_000n, groceries: 25_900n, tea: 1_000n }, 10_100n])
})

test('a loan is folded only when money is left for its first due', () => {
  const folded: string[] = []
  const unfolded = (loan: BilledLoan, unpaidFrom: string) => {
    const fold = () => {
      folded.push(loan.loanId)
      return loan
    }
    return { ...payable(loan, unpaidFrom), folded: fold }
  }
  const loans = [unfolded(groceries, '2026-05-13'), unfolded(phone, '2026-04-13')]
  assert.deepEqual(spread(101_500n, loans, '2026-04-22', null).shares, [
    { loanId: 'phone', amount: 101_500n, settles: false },
  ])
  assert.deepEqual(folded, ['phone'], 'groceries are due a month later')
  assert.deepEqual(spread(203_100n, loans, '2026-04-22', null).shares, [
    { loanId: 'phone', amount: 203_000n, settles: false },
    { loanId: 'groceries', amount: 100n, settles: false },
  ])
  assert.deepEqual(folded, ['phone', 'phone', 'groceries'])
})

const someTerms = fc.constantFrom(termsOf(), termsOf({ minimumPayment: cardMinimum }))
const somePlan = fc.constantFrom(
  payLater,
  planOf(),
  planOf({ method: 'equal-instalment', instalments: 6, rate: { per: 'year', percent: '14.6' } }),
  planOf({ method: 'equal-instalment', instalments: 6, rate: { per: 'period', percent: '1.1' } }),
  planOf({ method: 'equal-principal', instalments: 5, rate: { per: 'year', percent: '23.7' } }),
  planOf({ method: 'interest-only', instalments: 4, rate: { per: 'year', percent: '18.25' } }),
)
const start = parseDay('2026-01-01')

const someLoan = record({
  terms: someTerms,
  plan: somePlan,
  amount: fc.bigInt({ min: 100n, max: 2_000_000n }),
  openedAt: fc.integer({ min: 0, max: 60 }),
  paidAfter: fc.integer({ min: 0, max: 60 }),
  paidPart: fc.bigInt({ min: 0n, max: 90n }),
}).map(({ terms, plan, amount, openedAt, paidAfter, paidPart }) => {
  const loan = bought('', formatDay(start + openedAt), amount, plan, terms)
  const money = (amount * paidPart) / 100n
  if (money === 0n) return loan
  return after(loan, { type: 'repayment', id: 'early', on: formatDay(start + openedAt + paidAfter), amount: money })
})

test('shares and rest are the money; no loan gets more than settles it, and what it gets leaves nothing over', () => {
  const story = record({
    loans: fc.array(someLoan, { minLength: 1, maxLength: 4 }),
    amount: fc.bigInt({ min: 1n, max: 6_000_000n }),
    on: fc.integer({ min: 120, max: 300 }),
    dueOnly: fc.boolean(),
  })
  fc.assert(
    fc.property(story, ({ loans, amount, on, dueOnly }) => {
      const today = formatDay(start + on)
      const named = loans.map((loan, index) => ({ ...loan, loanId: `loan-${index}` }))
      const until = dueOnly ? today : null
      const spreadOver = (known: PayableLoan[]) => spread(amount, known, today, until)
      const { shares, rest } = spreadOver(named.map((loan) => payable(loan)))
      assert.equal(
        shares.reduce((sum, share) => sum + share.amount, rest),
        amount,
      )
      const told = named.map((loan) => payable(loan, loan.state.instalments.find(isUnpaid)?.dueOn))
      assert.deepEqual(spreadOver(told), { shares, rest }, 'with first dues known')
      for (const share of shares) {
        const { state } = named.find((loan) => loan.loanId === share.loanId)!
        const payoff = payoffOn(state, today).total
        assert.ok(share.amount > 0n && share.amount <= payoff)
        assert.equal(share.settles, share.amount === payoff)
        const type = share.settles ? 'payoff' : 'repayment'
        const paid = applyEvent(state, { type, id: 'share', on: today, amount: share.amount })
        assert.equal(paid.creditBalance, state.creditBalance, `${type} of ${share.amount} leaves credit`)
        if (share.settles) assert.equal(paid.status, 'paid')
      }
      if (rest > 0n && !dueOnly)
        assert.ok(
          named.every((loan) => settledBy(loan, shares)),
          'money is left, and debt too',
        )
      if (rest > 0n && dueOnly) assert.ok(named.every((loan) => nothingDue(loan, shares, today)))
    }),
    { numRuns: cases(800, 1 / 4) },
  )
})

type Shares = ReturnType<typeof spread>['shares']

function settledBy(loan: BilledLoan, shares: Shares): boolean {
  return loan.state.status !== 'active' || shares.some((share) => share.loanId === loan.loanId && share.settles)
}

function nothingDue(loan: BilledLoan, shares: Shares, today: string): boolean {
  const due = loan.state.instalments
    .filter((instalment) => instalment.dueOn <= today)
    .reduce((sum, instalment) => sum + unpaidOf(instalment), 0n)
  const got = shares.find((share) => share.loanId === loan.loanId)?.amount ?? 0n
  return got >= due || settledBy(loan, shares)
}
