import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEvent } from '../loan/index.ts'
import type { LoanState } from '../loan/types.ts'
import { bucketOf, costRoom, isReminderDay, lateCharge, milestones, minimumDue, principalDays } from './late.ts'
import { planLoan } from './plan.ts'
import { cardMinimum, payLater, planOf, termsOf } from './terms.test-support.ts'
import type { LateCharge, Plan } from './terms.ts'

function bought(amount: bigint, plan: Plan = payLater): LoanState {
  return planLoan(termsOf(), plan, { amount, on: '2026-03-05', statementOn: '2026-04-03' }).loan
}

const rule: LateCharge = { graceDays: 3, percent: '5', floor: 500n, ceiling: 10_000n }

test('a late charge is a percentage of what is unpaid, not below its floor nor above its ceiling', () => {
  const cases: [unpaid: bigint, rule: LateCharge, charge: bigint][] = [
    // 5 % of 350.75 is 17.5375, of 50.00 it is 2.50, of 5,000.00 it is 250.00.
    [35_075n, rule, 1_754n],
    [5_000n, rule, 500n],
    [500_000n, rule, 10_000n],
    [500_000n, { ...rule, ceiling: null }, 25_000n],
    [5_000n, { ...rule, floor: 0n }, 250n],
  ]
  for (const [unpaid, of, charge] of cases) {
    assert.equal(lateCharge(of, bought(unpaid).instalments[0]!, 'half-even'), charge, `of ${unpaid}`)
  }
})

test('nothing is charged on late charges, nor on an instalment that is paid', () => {
  const [instalment] = bought(35_075n).instalments
  assert.equal(lateCharge(rule, { ...instalment!, penalty: 1_754n }, 'half-even'), 1_754n)
  assert.equal(lateCharge(rule, { ...instalment!, principalPaid: 35_075n, penalty: 1_754n }, 'half-even'), 0n)
})

test('what a loan may still cost is the cap on the principal actually outstanding, less what it cost so far', () => {
  // 259.00 over 43 days at 24 % a year: 7.32.
  assert.equal(costRoom(bought(25_900n), '2026-04-17', '24'), 732n)

  // 3,000.00 over 43 days: 84.82; the first bill's 15.00 is charged already.
  const loan = bought(300_000n, planOf())
  assert.equal(principalDays(loan, '2026-04-17'), 300_000n * 43n)
  assert.equal(costRoom(loan, '2026-04-17', '24'), 8_482n - 1_500n)

  // With 1,000.00 of it repaid on 13 April, four days earlier: 82.19.
  const repaid = applyEvent(loan, { type: 'repayment', id: 'paid', on: '2026-04-13', amount: 101_500n })
  assert.equal(principalDays(repaid, '2026-04-17'), 300_000n * 43n - 100_000n * 4n)
  assert.equal(costRoom(repaid, '2026-04-17', '24'), 8_219n - 1_500n)

  // A late charge counts from its day, although the next bill asks for it.
  const charged = applyEvent(repaid, { type: 'penalty', id: 'late', on: '2026-04-17', amount: 500n })
  assert.equal(costRoom(charged, '2026-04-17', '24'), 8_219n - 1_500n - 500n)
})

test('a loan dearer than the cap has no room left, not a negative one', () => {
  assert.equal(costRoom(bought(300_000n, planOf()), '2026-04-17', '1'), 0n)
})

test('the minimum is a part of newly billed purchases and all of the rest, not below its floor nor above the bill', () => {
  const terms = termsOf({ minimumPayment: cardMinimum })
  const cases: [total: bigint, newPrincipal: bigint, minimum: bigint][] = [
    [100_000n, 100_000n, 10_000n],
    // 1,000.00 of purchases, 35.00 of interest, 200.00 in arrears.
    [123_500n, 100_000n, 33_500n],
    [20_000n, 20_000n, 5_000n],
    [3_000n, 3_000n, 3_000n],
    [23_500n, 0n, 23_500n],
  ]
  for (const [total, newPrincipal, minimum] of cases) {
    assert.equal(minimumDue({ total, newPrincipal }, terms), minimum)
    assert.equal(minimumDue({ total, newPrincipal }, termsOf()), total, 'without a minimum all of it is due')
  }
})

test('buckets are steps of thirty days', () => {
  const edges: [days: number, bucket: string][] = [
    [0, 'current'],
    [1, 'M1'],
    [30, 'M1'],
    [31, 'M2'],
    [60, 'M2'],
    [61, 'M3'],
    [91, 'M4'],
    [121, 'M5'],
    [151, 'M6'],
    [180, 'M6'],
    [181, 'M7+'],
    [1000, 'M7+'],
  ]
  for (const [days, bucket] of edges) assert.equal(bucketOf(days), bucket, `${days} days`)
})

test('an overdue loan is looked at on the days of reminders, of buckets, of the late charge and before the suspension', () => {
  assert.deepEqual([0, 1, 2, 7, 8, 15, 31].filter(isReminderDay), [1, 7, 15])
  const days = [1, 7, 15, 31, 61, 91, 121, 151, 181]
  assert.deepEqual(milestones(termsOf({ lateCharge: null, suspendAfterDays: 8 })), days)
  assert.deepEqual(milestones(termsOf({ lateCharge: null, suspendAfterDays: 1 })), days)
  assert.deepEqual(milestones(termsOf({ lateCharge: rule, suspendAfterDays: 30 })), [1, 4, 7, 15, 29, ...days.slice(3)])
})
