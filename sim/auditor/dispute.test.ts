/** What a dispute holds up, by the auditor's own reckoning, on figures that can be checked by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { names } from './accounts.ts'
import { dayOf, textOf } from './arithmetic.ts'
import { createAuditor } from './auditor.ts'
import { askedOf } from './close.ts'
import { type LoanShown, loanDifferences } from './compare.ts'
import { dispute, type Resolution, resolve } from './dispute.ts'
import type { MerchantFacts, ProgramFacts } from './facts.ts'
import { buy, capture, type Line, type Loan, type Moves, openLine, refund, setAutopay, writeOff } from './line.ts'
import { repay } from './money.ts'
import { partsOf, principalLeft } from './state.ts'

const plain = { instalments: 1, percent: '0', merchantPays: false, leastAmount: 0 }
/** Bills close on the 25th and are due on the 13th. */
const program: ProgramFacts = {
  id: 'prg',
  version: 1,
  statementDay: 25,
  dueDay: 13,
  plans: [
    { ...plain, code: 'later', method: 'bullet' },
    { ...plain, code: '3x', method: 'flat', instalments: 3 },
    { ...plain, code: 'card', method: 'carried' },
  ],
  firstLimit: 800_000,
  highestLimit: 800_000,
  late: { graceDays: 3, percent: '5', floor: 0, ceiling: 100_000 },
  minimum: null,
  capPercent: '24',
  merchantFeePercent: '1',
  refundsReturnFee: true,
  surplus: 'credit',
  holdDays: 60,
  funders: [],
  serviceFeeBasisPoints: 0,
  suspendAfterDays: 15,
  writeOffAfterDays: 30,
}

/** A line, a shop, and what happens to them by request. */
function shopping(timing: MerchantFacts['timing'] = 'T+1', terms: Partial<ProgramFacts> = {}) {
  const auditor = createAuditor(dayOf('2026-03-05'))
  const shop: MerchantFacts = { id: 'mer', timing, feePercent: null }
  auditor.merchants.set(shop.id, shop)
  const line: Line = openLine('lin', { ...program, ...terms }, auditor.today, false)
  auditor.lines.set(line.id, line)
  const book = (deed: (moves: Moves) => void) => auditor.book(line, deed)
  const id = (kind: string, all: readonly unknown[]) => `${kind}_${all.length + 1}`
  return {
    auditor,
    line,
    buy: (amount: number, plan = 'later', capture = true) => {
      const ids = { chargeId: id('chg', line.charges), loanId: id('loa', line.loans) }
      return book((moves) => buy(line, moves, { merchant: shop, amount, plan, capture, today: auditor.today, ...ids }))
    },
    capture: (amount: number) => {
      const order = { amount, final: false, today: auditor.today, loanId: id('loa', line.loans) }
      return book((moves) => capture(line, moves, line.charges.at(-1)!, order))
    },
    dispute: (amount: number | null = null, place = 0) =>
      book((moves) => {
        const order = { id: id('dsp', line.disputes), amount, reason: 'other', today: auditor.today }
        dispute(line, moves, line.charges[place]!, order)
      }),
    resolve: (outcome: Resolution['outcome'], amount: number | null = null) =>
      book((moves) => {
        resolve(line, moves, line.disputes.at(-1)!, { outcome, amount, today: auditor.today })
      }),
    refund: (amount: number) => book((moves) => refund(line, moves, line.charges[0]!, amount, auditor.today)),
    pay: (amount: number, loanId: string | null = null) =>
      book((moves) => {
        const { today } = auditor
        repay(line, moves, { amount, source: 'customer', on: today, today, loanId, until: null })
      }),
    writeOff: () => book((moves) => writeOff(line, moves, line.loans[0]!, auditor.today)),
    until: (day: string) => {
      while (auditor.today < dayOf(day)) auditor.closeDay()
    },
    shop: () => [names.payable(shop.id), names.disputed(shop.id)].map((name) => 0 - (auditor.holdings.get(name) ?? 0)),
    bank: () => auditor.holdings.get(names.bank) ?? 0,
  }
}

const penalties = (loan: Loan) => partsOf(loan.state).map((part) => part.penalty)

test('what a refund would take from a shop is kept from it, and comes back as money of the day on which nobody upholds it', () => {
  const { buy, dispute, resolve, shop, bank, until } = shopping()
  buy(100_000)
  // The fee of 1 % comes back with the goods: 400.00 less 4.00.
  assert.equal(dispute(40_000), null)
  assert.deepEqual(shop(), [59_400, 39_600])
  until('2026-03-07')
  assert.deepEqual([shop(), bank()], [[0, 39_600], -59_400])
  assert.equal(resolve('rejected'), null)
  assert.deepEqual(shop(), [39_600, 0])
  until('2026-03-08')
  assert.equal(bank(), -59_400)
  until('2026-03-09')
  assert.deepEqual([shop(), bank()], [[0, 0], -99_000])
})

test('upheld in part, the goods of that part go back and the rest is the shop’s again', () => {
  const { line, buy, dispute, resolve, shop } = shopping('manual')
  buy(100_000)
  dispute()
  assert.deepEqual(shop(), [0, 99_000])
  assert.equal(resolve('upheld', 30_000), null)
  assert.deepEqual(shop(), [69_300, 0])
  assert.deepEqual([principalLeft(line.loans[0]!.state), line.charges[0]!.refunded], [70_000, 30_000])
})

test('a shop that was paid at once owes what is in dispute, and its next captures make it good', () => {
  const { buy, dispute, shop, bank } = shopping('at-once')
  buy(100_000)
  dispute()
  assert.deepEqual([shop(), bank()], [[-99_000, 99_000], -99_000])
  buy(100_000)
  buy(100_000)
  assert.deepEqual([shop(), bank()], [[0, 99_000], -198_000])
})

test('what can’t be: above what is left, twice at once, decided twice, a refund of what is disputed, a write-off', () => {
  const { buy, capture, dispute, resolve, refund, writeOff, until } = shopping()
  buy(100_000, 'later', false)
  assert.equal(dispute(), 'dispute-above-captured')
  capture(60_000)
  assert.deepEqual([dispute(60_001), dispute(50_000), dispute(1)], ['dispute-above-captured', null, 'charge-disputed'])
  assert.deepEqual([refund(60_001), refund(10_001)], ['refund-above-captured', 'charge-disputed'])
  assert.equal(refund(10_000), null)
  // What is captured meanwhile is in dispute as all of the charge is, and can be refunded.
  capture(40_000)
  assert.equal(refund(40_000), null)
  until('2026-05-20')
  assert.equal(writeOff(), 'charge-disputed')
  assert.deepEqual([resolve('upheld', 50_001), resolve('rejected', 1)], ['dispute-above-disputed', 'invalid-request'])
  assert.deepEqual([resolve('withdrawn'), resolve('upheld')], [null, 'dispute-resolved'])
  assert.deepEqual([writeOff(), dispute(50_000)], [null, null])
})

test('a loan in dispute is in a bucket of its own and keeps nobody from buying', () => {
  const { line, auditor, buy, dispute, resolve, until } = shopping()
  buy(100_000)
  until('2026-05-01')
  const shown = { instalments: [], funders: [] } as unknown as LoanShown
  const differences = () => loanDifferences(line, line.loans[0]!, shown, auditor.today)
  const bucket = () => differences().find((difference) => difference.startsWith('bucket'))
  assert.deepEqual([buy(1_000), bucket()], ['charge-declined', 'bucket is undefined, should be M1'])
  dispute()
  assert.deepEqual([buy(1_000), bucket()], [null, 'bucket is undefined, should be disputed'])
  resolve('rejected')
  assert.deepEqual([buy(1_000), bucket()], ['charge-declined', 'bucket is undefined, should be M1'])
})

test('nothing that was due by the day of the decision ever costs a late charge; what is due later does', () => {
  const cases: [decided: string, missed: number][] = [
    ['2026-04-12', 3],
    ['2026-04-13', 2],
    // The bill of that evening has the second one; the one of the 25th left it out.
    ['2026-04-25', 2],
    ['2026-04-26', 1],
    ['2026-05-13', 1],
    ['2026-07-01', 0],
  ]
  for (const [decided, missed] of cases) {
    const { line, buy, dispute, resolve, until } = shopping()
    buy(90_000, '3x')
    until('2026-04-10')
    dispute(1)
    until(decided)
    resolve('withdrawn')
    until('2026-08-01')
    const charged = line.loans[0]!.happenings.filter(({ what }) => what === 'late-charge')
    assert.equal(charged.length, missed, decided)
    assert.ok(penalties(line.loans[0]!).every((penalty) => missed > 0 || penalty === 0))
  }
})

test('money for the line passes over what is in dispute and is kept; money for the loan pays it', () => {
  const { line, buy, dispute, pay } = shopping()
  buy(100_000)
  buy(50_000)
  dispute()
  pay(70_000)
  assert.deepEqual([line.loans.map(({ state }) => principalLeft(state)), line.credit], [[100_000, 0], 20_000])
  pay(30_000, 'loa_1')
  assert.deepEqual([line.loans.map(({ state }) => principalLeft(state)), line.credit], [[70_000, 0], 20_000])
})

test('a bill asks for nothing in dispute, credit is not used for it, and the bill after the decision has it as arrears', () => {
  const { line, buy, dispute, resolve, pay, until } = shopping()
  buy(100_000)
  buy(50_000)
  dispute()
  pay(60_000)
  until('2026-03-26')
  assert.deepEqual([line.bills, line.credit], [[], 10_000])
  until('2026-04-20')
  resolve('rejected')
  until('2026-04-26')
  assert.equal(line.credit, 0)
  const items = line.bills.flatMap((bill) => bill.items.map(({ due, total }) => [textOf(due), total]))
  assert.deepEqual(items, [['2026-04-13', 90_000]])
})

test('autopay leaves out what is in dispute; of a minimum it counts as paid', () => {
  const minimum = { percent: '10', floor: 0, dailyPercent: '0.05' }
  const cases = [
    { amount: 'total', collected: 50_000 },
    // Of 1,500.00 the 150.00 at least: 1,000.00 are in dispute.
    { amount: 'minimum', collected: undefined },
  ] as const
  for (const { amount, collected } of cases) {
    const { line, auditor, buy, dispute, until } = shopping('T+1', { minimum })
    auditor.book(line, () => setAutopay(line, { token: 'tok_ok', amount }))
    buy(100_000, 'card')
    buy(50_000, 'card')
    until('2026-04-10')
    const bill = line.bills[0]!
    assert.deepEqual([bill.total, bill.minimum, askedOf(line, bill)], [150_000, 15_000, 150_000])
    dispute()
    assert.equal(askedOf(line, bill), 50_000)
    until('2026-04-14')
    assert.equal(line.repayments[0]?.amount, collected)
    // The disputed one stays due as it was; what else is unpaid is carried over.
    const dues = line.loans.map(({ state }) => textOf(partsOf(state).at(-1)!.due))
    assert.deepEqual(dues, ['2026-04-13', amount === 'total' ? '2026-04-13' : '2026-05-13'])
  }
})
