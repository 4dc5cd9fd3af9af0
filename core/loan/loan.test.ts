import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertBalanced } from '../journal/legs.ts'
import { loanLegs } from '../journal/posting.ts'
import {
  applyEvent,
  decodeEvent,
  decodeTerms,
  duesOn,
  encodeEvent,
  encodeTerms,
  foldLoan,
  LoanProblem,
  ledgerOn,
  openLoan,
  payoffOn,
} from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

/** 3,000.00 in three instalments of 1,000.00 and 18.00 interest: a bill in instalments. */
const bill: LoanTerms = {
  ...plainLoan,
  principal: 300_000n,
  annualRatePercent: '7.2',
  method: 'flat',
  disbursedOn: '2024-01-10',
  interestPeriod: 'whole-period',
  interestRecalculation: 'none',
  overdueInterest: false,
}
const declining: LoanTerms = {
  ...bill,
  method: 'equal-instalment',
  interestRecalculation: 'daily',
  overdueInterest: true,
}
const due = (terms: LoanTerms, events: readonly LoanEvent[]): string[] =>
  foldLoan(terms, events).instalments.map((row) => `${row.principal}+${row.interest}`)

test('flat interest counts what is lent of the plan, whatever else a refund returns', () => {
  const flat: LoanTerms = { ...plainLoan, method: 'flat' }
  const on = flat.disbursedOn
  // 75.00 are financed: the refund returns them and 5.00 of the down payment; then 15.00 of 20.00 are financed, at 1 % a month.
  const returned = { id: 'returned', type: 'purchase-refund', on, amount: 8_000n } as const
  const more = { id: 'more', type: 'disbursement', on, amount: 2_000n } as const
  assert.deepEqual(due({ ...flat, downPaymentPercent: '25' }, [returned, more]), [
    '2000+0',
    '500+0',
    '500+15',
    '500+15',
    '500+15',
  ])
  // 100.00 that were lent are returned, and 20.00 of 50.00 that were charged back; then 30.00 are lent.
  const chargedBack = { id: 'back', type: 'chargeback', on, amount: 5_000n } as const
  const events = [chargedBack, { ...returned, amount: 12_000n }, { ...more, amount: 3_000n }]
  assert.deepEqual(due(flat, events), ['5333+30', '333+30', '334+30'])
})

test('a refund first cancels the last instalments; what is cancelled whole bears no flat interest', () => {
  assert.deepEqual(due(bill, []), ['100000+1800', '100000+1800', '100000+1800'])
  const refund: LoanEvent = { id: 'r', type: 'purchase-refund', on: '2024-01-20', amount: 150_000n }
  assert.deepEqual(due(bill, [refund]), ['100000+900', '50000+900', '0+0'])
})

test('a refund of what was repaid already is the customer’s credit', () => {
  const paid: LoanEvent = { id: 'p', type: 'repayment', on: '2024-02-10', amount: 101_800n }
  const refund: LoanEvent = { id: 'r', type: 'purchase-refund', on: '2024-02-11', amount: 300_000n }
  const state = foldLoan(bill, [paid, refund])
  assert.equal(state.status, 'overpaid')
  assert.equal(state.creditBalance, 100_000n)
  const ledger = ledgerOn(state, '2024-02-11')
  assert.equal(ledger.principalRefunded, 200_000n)
  assert.equal(ledger.overpaid, 100_000n)
  const returned = applyEvent(state, { id: 'c', type: 'credit-balance-refund', on: '2024-02-12', amount: 100_000n })
  assert.equal(returned.status, 'paid')
})

test('a charge-off loses principal and what was earned; what comes after is recovered', () => {
  const off: LoanEvent = { id: 'o', type: 'charge-off', on: '2024-02-20' }
  const state = foldLoan(bill, [off, { id: 'm', type: 'recovery', on: '2024-03-01', amount: 5000n }])
  const ledger = ledgerOn(state, '2024-03-01')
  assert.equal(state.status, 'charged-off')
  assert.deepEqual(
    [ledger.principalWrittenOff, ledger.interestWrittenOff, ledger.interestRecognised, ledger.recovered],
    [300_000n, 1800n, 1800n, 5000n],
  )
})

test('a charge-off is reversed after a recovery too: what was recovered repaid the loan, and nothing more is recovered', () => {
  const lost = foldLoan(bill, [
    { id: 'o', type: 'charge-off', on: '2024-02-20' },
    { id: 'm', type: 'recovery', on: '2024-03-01', amount: 5000n },
  ])
  const restored = applyEvent(lost, { id: 'u', type: 'reversal', on: '2024-03-02', of: 'o' })
  const repaid = foldLoan(bill, [{ id: 'm', type: 'repayment', on: '2024-03-01', amount: 5000n }])
  assert.deepEqual(restored.instalments, repaid.instalments)
  assert.deepEqual(ledgerOn(restored, '2024-03-02'), ledgerOn(repaid, '2024-03-02'))
  // The books move by what the two differ by, and no money does.
  const funding = { shares: [{ funderId: 'bank', basisPoints: 7_000 }], serviceFeeBasisPoints: 0 }
  assertBalanced(
    loanLegs('prg', funding, ledgerOn(lost, '2024-03-02'), ledgerOn(restored, '2024-03-02')),
    'the reversal',
  )
  const recovered: LoanEvent = { id: 'n', type: 'recovery', on: '2024-03-03', amount: 1n }
  assert.throws(() => applyEvent(restored, recovered), { code: 'nothing-charged-off' })
})

test('re-aged and levelled, the remainder is not left to the last instalment but one, with nothing for the last', () => {
  const fortnightly: LoanTerms = {
    ...plainLoan,
    ...{ principal: 2_858n, annualRatePercent: '36', dayCount: 'actual/365', disbursedOn: '2023-01-01' },
    ...{ instalments: 14, every: { n: 2, unit: 'week' }, instalmentMultiple: 20n, lastInstalment: 'levelled' },
  }
  const { instalments } = foldLoan(fortnightly, [
    { id: 'a', type: 're-age', on: '2023-02-10', instalments: 22, firstDueOn: '2023-04-12' },
  ])
  const totals = instalments.filter(({ dueOn }) => dueOn > '2023-02-10').map((row) => row.principal + row.interest)
  // A new loan of it has 20 of 1.60 and 1.05; the longer first period bears 3.19 more, which would make that 4.24.
  assert.deepEqual(totals, [...Array.from({ length: 19 }, () => 180n), 141n, 0n, 0n])
})

test('a step that an allocation names twice is paid once', () => {
  const order = ['due-interest', 'due-interest', 'due-principal', 'past-due-interest', 'past-due-interest'] as const
  const allocation = { default: { order, surplus: 'next', across: 'horizontal' } } as const
  for (const on of ['2024-02-01', '2024-02-02']) {
    const [paid] = foldLoan({ ...plainLoan, allocation }, [{ id: 'a', type: 'repayment', on, amount: 150n }]).allocated
    assert.equal(paid!.interest, 100n)
  }
})

test('dues of a day: past due, due today, next', () => {
  const dues = duesOn(openLoan(bill), '2024-03-10')
  assert.equal(dues.pastDue.total, 101_800n)
  assert.equal(dues.dueToday.total, 101_800n)
  assert.deepEqual([dues.nextDueOn, dues.oldestUnpaidDueOn, dues.daysPastDue], ['2024-04-10', '2024-02-10', 29])
})

test('a payoff before the due date saves interest, and ends the loan', () => {
  const opened = openLoan(declining)
  const { total, interest } = payoffOn(opened, '2024-01-20')
  assert.equal(interest, 581n)
  const state = applyEvent(opened, { id: 'x', type: 'payoff', on: '2024-01-20', amount: total })
  assert.equal(state.status, 'paid')
  assert.throws(() => applyEvent(state, { id: 'y', type: 'repayment', on: '2024-01-21', amount: 1n }), {
    code: 'loan-closed',
  })
})

test('a waiver, an extra interest and a reschedule', () => {
  const waived = foldLoan(bill, [{ id: 'w', type: 'waiver', on: '2024-02-10', component: 'interest', amount: 1800n }])
  assert.equal(waived.instalments[0]!.interestWaived, 1800n)
  const extra = foldLoan(bill, [{ id: 'e', type: 'extra-interest', on: '2024-02-15', amount: 77n }])
  assert.deepEqual(
    [extra.instalments.length, extra.instalments[1]!.interest, extra.instalments[1]!.extra],
    [4, 77n, true],
  )
  const beyond = foldLoan(bill, [
    { id: 'r', type: 'repayment', on: '2024-02-10', amount: payoffOn(openLoan(bill), '2024-02-10').total + 50n },
    { id: 'e', type: 'extra-interest', on: '2024-02-15', amount: 77n },
  ])
  assert.deepEqual([beyond.creditBalance, payoffOn(beyond, '2024-02-15').interest, beyond.status], [0n, 27n, 'active'])
  const move: LoanEvent = { id: 'm', type: 'reschedule', on: '2024-03-01', instalments: 5, firstDueOn: '2024-04-01' }
  const moved = foldLoan(declining, [move]).instalments.filter((row) => row.dueOn > '2024-03-01')
  assert.equal(moved.length, 5)
  assert.equal(
    moved.reduce((sum, row) => sum + row.principal, 0n),
    300_000n,
  )
})

test('a refusal says amounts as they are written', () => {
  const more: LoanEvent = { id: 'a', type: 'credit-balance-refund', on: '2024-02-09', amount: 1n }
  assert.throws(() => applyEvent(openLoan(bill), more), { message: 'the credit balance is 0.00' })
})

test('each mistake about an event has its own code', () => {
  const state = openLoan(bill)
  const table: readonly (readonly [LoanEvent, string])[] = [
    [{ id: 'a', type: 'repayment', on: '2024-01-09', amount: 1n }, 'before-loan'],
    [{ id: 'a', type: 'repayment', on: '2024-02-09', amount: 0n }, 'not-positive'],
    [{ id: 'a', type: 'reversal', on: '2024-02-09', of: 'z' }, 'no-such-event'],
    [{ id: 'a', type: 'recovery', on: '2024-02-09', amount: 1n }, 'nothing-charged-off'],
    [{ id: 'a', type: 'waiver', on: '2024-02-09', component: 'fee', amount: 1n }, 'waiver-exceeds-owed'],
    [{ id: 'a', type: 'disbursement', on: '2025-02-09', amount: 1n }, 'disbursement-after-maturity'],
    [{ id: 'a', type: 'credit-balance-refund', on: '2024-02-09', amount: 1n }, 'exceeds-credit'],
  ]
  for (const [event, code] of table) {
    assert.throws(
      () => applyEvent(state, event),
      (problem) => problem instanceof LoanProblem && problem.code === code,
    )
  }
})

test('terms and events survive JSON', () => {
  const event: LoanEvent = { id: 'r', type: 'purchase-refund', on: '2024-01-20', amount: 10n ** 17n }
  assert.deepEqual(decodeTerms(JSON.parse(JSON.stringify(encodeTerms(bill)))), bill)
  assert.deepEqual(decodeEvent(JSON.parse(JSON.stringify(encodeEvent(event)))), event)
})

test('due dates that follow the months are written as their first, others one by one', () => {
  const survives = (dueDates: readonly string[], encoded: unknown) => {
    const terms = { ...bill, instalments: dueDates.length, dueDates }
    assert.deepEqual(encodeTerms(terms).dueDates, encoded)
    assert.deepEqual(decodeTerms(JSON.parse(JSON.stringify(encodeTerms(terms)))), terms)
  }
  const monthly = ['2026-11-13', '2026-12-13', '2027-01-13', '2027-02-13']
  survives(monthly, { monthlyFrom: '2026-11-13' })
  const moved = ['2026-11-13', '2026-12-14', '2027-01-13']
  survives(moved, moved)
  const skipping = ['2026-11-13', '2026-12-13', '2027-02-13']
  survives(skipping, skipping)
  const monthEnds = ['2027-01-31', '2027-02-28', '2027-03-31']
  survives(monthEnds, monthEnds)
})

test('a contract without a word has nothing of what it names', () => {
  const encoded = encodeTerms({ ...bill, principalGrace: 2, downPaymentPercent: '10' })
  assert.equal(encoded.principalGrace, 2)
  assert.equal(encoded.downPaymentPercent, '10')
  for (const name of ['firstDueOn', 'downPaymentPaid', 'instalmentMultiple', 'interestFreePeriods']) {
    assert.ok(!(name in encodeTerms(bill)), name)
  }
})

/** Written out, because contracts that name them are stored. */
const asOfBills = {
  every: { n: 1, unit: 'month' },
  dayCount: 'actual/365',
  interestPeriod: 'whole-period',
  interestRecalculation: 'daily',
  earlyInterest: 'to-due-date',
  earlyFlat: 'forgiven',
  lastInstalment: 'remainder',
  rounding: 'half-even',
} as const

test('a contract on the standard terms of bills names them, and means what one means that says each', () => {
  const terms: LoanTerms = { ...bill, ...asOfBills }
  const encoded = encodeTerms(terms)
  assert.equal(encoded.as, 'bill-1')
  for (const name in asOfBills) assert.ok(!(name in encoded), name)
  assert.deepEqual(decodeTerms(JSON.parse(JSON.stringify(encoded))), terms)
  const { as, ...rest } = encoded
  assert.deepEqual(decodeTerms({ ...rest, ...asOfBills }), terms)
})

test('a contract that differs from them in a word says each by itself', () => {
  const others: Partial<LoanTerms>[] = [
    { every: { n: 2, unit: 'month' } },
    { every: { n: 1, unit: 'day' } },
    { dayCount: 'actual/360' },
    { interestPeriod: 'daily' },
    { interestRecalculation: 'none' },
    { earlyInterest: 'to-day' },
    { earlyFlat: 'charged' },
    { lastInstalment: 'levelled' },
    { rounding: 'half-up' },
  ]
  for (const other of others) {
    const terms: LoanTerms = { ...bill, ...asOfBills, ...other }
    const encoded = encodeTerms(terms)
    assert.ok(!('as' in encoded), String(Object.keys(other)))
    assert.deepEqual(decodeTerms(JSON.parse(JSON.stringify(encoded))), terms)
  }
  const { earlyFlat, ...without } = { ...bill, ...asOfBills }
  assert.ok(!('as' in encodeTerms(without)))
})

test('standard terms that nobody knows are a malformed contract', () => {
  for (const as of ['bill-0', 'constructor', 'toString', 7]) {
    assert.throws(() => decodeTerms({ ...encodeTerms(bill), as }), { code: 'malformed-json' }, String(as))
  }
})

test('an instalment that asked for nothing and is given principal by a new plan can be paid', () => {
  const terms: LoanTerms = { ...declining, principal: 1n, annualRatePercent: '0.01', instalments: 2, principalGrace: 1 }
  const state = foldLoan(terms, [
    { id: 'a', type: 're-amortise', on: '2024-01-10' },
    { id: 'p', type: 'repayment', on: '2024-01-11', amount: 1n },
  ])
  assert.equal(state.status, 'paid')
  assert.equal(state.creditBalance, 0n)
})

test('money taken back after a charge-off is owed on that day; what was written off stays so', () => {
  const state = foldLoan(bill, [
    { id: 'o', type: 'charge-off', on: '2024-01-20' },
    { id: 'c', type: 'chargeback', on: '2024-02-01', amount: 700n },
  ])
  const ledger = ledgerOn(state, '2024-02-01')
  assert.deepEqual([ledger.principalWrittenOff, ledger.principalRestored], [300_000n, 700n])
  assert.equal(state.principalOutstanding, 700n)
})

test('a settled loan asks for nothing, though its days of interest may round to a cent more than was paid', () => {
  const terms: LoanTerms = {
    ...bill,
    principal: 836n,
    annualRatePercent: '2.14',
    method: 'equal-instalment',
    disbursedOn: '2023-01-01',
    dayCount: 'actual/actual',
    interestPeriod: 'daily',
    interestRecalculation: 'daily',
  }
  // 276 left in January bear 0.50 of interest, which the last payment pays; the principal is gone on 1 February.
  const history: LoanEvent[] = [
    { id: 'a', type: 'repayment', on: '2023-01-01', amount: 560n },
    { id: 'b', type: 'repayment', on: '2023-02-01', amount: 277n },
  ]
  const settled = foldLoan(terms, history)
  assert.equal(settled.status, 'paid')
  assert.equal(payoffOn(settled, '2023-02-01').total, 0n)
  const more = foldLoan(terms, [...history, { id: 'c', type: 'repayment', on: '2023-02-01', amount: 5n }])
  assert.equal(more.creditBalance, 5n)
})
