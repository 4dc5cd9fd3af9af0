/** When merchants are paid, by the auditor's own reckoning, on figures that can be checked by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { names } from './accounts.ts'
import { dayOf } from './arithmetic.ts'
import { createAuditor } from './auditor.ts'
import type { MerchantFacts, ProgramFacts } from './facts.ts'
import { buy, capture, openLine, refund } from './line.ts'

const program: ProgramFacts = {
  id: 'prg',
  version: 1,
  statementDay: 25,
  dueDay: 13,
  plans: [{ code: 'later', method: 'bullet', instalments: 1, percent: '0', merchantPays: false, leastAmount: 0 }],
  firstLimit: 800_000,
  highestLimit: 800_000,
  late: { graceDays: 3, percent: '1', floor: 0, ceiling: 100_000 },
  minimum: null,
  capPercent: '24',
  merchantFeePercent: '1',
  refundsReturnFee: true,
  surplus: 'credit',
  holdDays: 5,
  funders: [],
  serviceFeeBasisPoints: 0,
  suspendAfterDays: 15,
  writeOffAfterDays: 90,
}
const shop: MerchantFacts = { id: 'mer', timing: 'at-once', feePercent: null }
const today = dayOf('2026-03-05')

test('a shop paid at once is paid after a capture and not after a refund, whose fee comes back with the goods of each loan', () => {
  const auditor = createAuditor(today)
  auditor.merchants.set(shop.id, shop)
  const line = openLine('lin', program, today, false)
  auditor.lines.set(line.id, line)
  const order = { merchant: shop, plan: 'later', capture: false, today, chargeId: 'chg', loanId: '' }
  auditor.book(line, (moves) => buy(line, moves, { ...order, amount: 100_000 }))
  const charge = line.charges[0]!
  const captured = (amount: number, loanId: string) =>
    auditor.book(line, (moves) => capture(line, moves, charge, { amount, final: false, today, loanId }))
  assert.deepEqual([captured(99_999, 'loa_1'), captured(1, 'loa_2')], [null, null])
  // A fee of 1 %, 10.00, is kept of the first capture and none of the cent.
  assert.equal(auditor.holdings.get(names.bank), -99_000)

  // Half of it goes back: a cent of the last loan, the rest of the first, and 5.00 of the fee with that.
  const back: number[] = []
  const refused = auditor.book(line, (moves) => {
    refund(line, moves, charge, 50_000, today)
    for (const { amount } of moves.payable) back.push(amount)
  })
  assert.deepEqual([refused, back], [null, [-1, 500 - 49_999]])
  auditor.closeDay()
  assert.equal(auditor.holdings.get(names.bank), -99_000)
  assert.equal(auditor.holdings.get(names.payable(shop.id)), 49_500)
})
