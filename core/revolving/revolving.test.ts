/** A revolving line by examples a banker can check on paper: 0.05 % a day, bill on the 5th, due on the 25th. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RevolvingEvent, type RevolvingTerms, revolvingOn } from './index.ts'

const terms: RevolvingTerms = {
  currency: 'CNY',
  cycle: { statementDay: 5, dueDay: 25 },
  openedOn: '2024-01-06',
  balances: {
    purchase: { rate: { percent: '0.05', per: 'day' }, grace: true },
    cash: { rate: { percent: '0.06', per: 'day' }, grace: false },
  },
  daysInYear: 365,
  interestFrom: 'posting',
  graceLost: 'whole',
  graceRegainedAfter: 1,
  minimum: { percent: '10', floor: 5_000n },
  hierarchy: {
    first: ['penalty', 'fee', 'interest', 'instalment'],
    rest: 'highest-rate',
    billedFirst: true,
    minimumToLowestRate: false,
  },
  rounding: 'half-even',
}

const purchase = (id: string, on: string, amount: bigint, balance = 'purchase'): RevolvingEvent => ({
  id,
  on,
  type: 'purchase',
  amount,
  balance,
})
const payment = (id: string, on: string, amount: bigint): RevolvingEvent => ({ id, on, type: 'payment', amount })

test('a bill paid in full by its due date bears no interest', () => {
  const events = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-25', 100_000n)]
  const state = revolvingOn(terms, events, '2024-04-05')
  assert.deepEqual(
    state.statements.map(({ balance, interest, standing }) => [balance, interest, standing]),
    [
      [100_000n, 0n, 'full'],
      [0n, 0n, 'full'],
      [0n, 0n, 'open'],
    ],
  )
  assert.equal(state.payoff, 0n)
})

test('interest on the whole from the day of purchase: the classic card example', () => {
  // 1,000.00 on 10 January, 400.00 paid on 20 February, the rest carried. To 20 February 41 nights on 1,000.00:
  // 20.50; to the bill of 5 March 14 nights on 600.00: 4.20; together 24.70.
  const events = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const [first, second] = revolvingOn(terms, events, '2024-03-05').statements
  assert.deepEqual([first!.balance, first!.minimum, first!.standing], [100_000n, 10_000n, 'minimum'])
  assert.deepEqual([second!.interest, second!.balance], [2_470n, 62_470n])
})

test('interest on the unpaid part only: 600.00 for 55 nights', () => {
  const events = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const [, second] = revolvingOn({ ...terms, graceLost: 'unpaid' }, events, '2024-03-05').statements
  assert.equal(second!.interest, 1_650n)
})

test('interest from the bill on, as 12 CFR 1026.54 demands: 600.00 for 29 nights', () => {
  const events = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const lawful: RevolvingTerms = { ...terms, graceLost: 'unpaid', interestFrom: 'statement' }
  assert.equal(revolvingOn(lawful, events, '2024-03-05').statements[1]!.interest, 870n)
})

test('residual interest: who pays a carried bill in full still owes the nights until then', () => {
  const carried = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const events = [...carried, payment('all', '2024-03-15', 62_470n)]
  const statements = revolvingOn(terms, events, '2024-05-05').statements
  // 10 nights on 600.00 from 5 to 15 March: 3.00, on the bill of April; then nothing.
  assert.deepEqual(
    statements.slice(1).map(({ interest, balance, standing }) => [interest, balance, standing]),
    [
      [2_470n, 62_470n, 'full'],
      [300n, 300n, 'below-minimum'],
      [0n, 300n, 'open'],
    ],
  )
})

test('without grace a new purchase bears interest from its day; a bill in full brings grace back', () => {
  const carried = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const events = [...carried, purchase('q', '2024-02-26', 10_000n)]
  const [, second] = revolvingOn(terms, events, '2024-03-05').statements
  // 24.70 as above and 8 nights on 100.00.
  assert.equal(second!.interest, 2_470n + 40n)
  const paid = revolvingOn(terms, [...events, payment('all', '2024-03-20', 72_510n)], '2024-03-26')
  assert.equal(paid.inGrace, true)
})

test('two bills in full in a row where the terms ask for two', () => {
  const strict: RevolvingTerms = { ...terms, graceRegainedAfter: 2 }
  const events = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const cleared = [...events, payment('all', '2024-03-20', 62_470n), payment('rest', '2024-04-20', 1_000n)]
  assert.equal(revolvingOn(strict, cleared, '2024-03-26').inGrace, false)
  assert.equal(revolvingOn(strict, cleared, '2024-04-26').inGrace, true)
})

test('cash advances bear interest from their day, though the bill is paid in full', () => {
  const events = [purchase('c', '2024-01-16', 100_000n, 'cash'), payment('m', '2024-02-25', 101_200n)]
  const [first, second] = revolvingOn(terms, events, '2024-03-05').statements
  // 20 nights at 0.06 % of 1,000.00, then 20 more until it is paid.
  assert.deepEqual([first!.interest, second!.interest], [1_200n, 1_200n])
})

test('payments go to the highest rate; under 12 CFR 1026.53 the minimum may go to the lowest', () => {
  const debts = [purchase('p', '2024-01-10', 50_000n), purchase('c', '2024-01-10', 50_000n, 'cash')]
  const events = [...debts, payment('m', '2024-02-20', 30_000n)]
  const charged = 780n // 26 nights at 0.06 % of 500.00
  const highest = revolvingOn(terms, events, '2024-02-20').spreads[0]!
  assert.deepEqual(highest.byCode, { interest: charged, cash: 30_000n - charged })
  const card: RevolvingTerms = { ...terms, hierarchy: { ...terms.hierarchy, first: [], minimumToLowestRate: true } }
  const split = revolvingOn(card, events, '2024-02-20').spreads[0]!
  // The minimum is 10 % of 1,000.00 and the interest: 107.80, which goes to the lowest rates, interest at none first.
  assert.deepEqual(split.byCode, { interest: charged, purchase: 10_000n, cash: 19_220n })
})

test('a promotional rate holds for the nights before its end', () => {
  const promotion = { rate: { percent: '0', per: 'day' as const }, until: '2024-02-15' }
  const carried: RevolvingEvent = { id: 'p', on: '2024-01-10', type: 'purchase', amount: 100_000n, promotion }
  const [, second] = revolvingOn(terms, [carried, payment('m', '2024-02-20', 10_000n)], '2024-03-05').statements
  // 5 nights on 1,000.00 and 14 on 900.00 at 0.05 %.
  assert.equal(second!.interest, 250n + 630n)
})

test('a new rate holds from its day', () => {
  const raised: RevolvingTerms = {
    ...terms,
    balances: {
      purchase: {
        rate: { percent: '18.25', per: 'year' },
        changes: [{ from: '2024-02-20', rate: { percent: '36.5', per: 'year' } }],
        grace: false,
      },
    },
  }
  const [, second] = revolvingOn(raised, [purchase('p', '2024-02-10', 100_000n)], '2024-03-05').statements
  // 10 nights at 0.05 % and 14 at 0.1 %.
  assert.equal(second!.interest, 500n + 1_400n)
})

test('the minimum: 10 % of principal, interest and instalments in full, arrears added, never below the floor', () => {
  const events = [purchase('p', '2024-01-10', 100_000n)]
  const [first, second] = revolvingOn(terms, events, '2024-03-05').statements
  assert.deepEqual(first!.minimumParts, { principal: 10_000n, charges: 0n, instalments: 0n, arrears: 0n })
  // Nothing was paid: interest 55 nights, arrears 100.00, 10 % of the other 900.00.
  assert.deepEqual(second!.minimumParts, { principal: 9_000n, charges: 2_750n, instalments: 0n, arrears: 10_000n })
  assert.equal(second!.standing, 'open')
  const small = revolvingOn(terms, [purchase('p', '2024-01-10', 30_000n)], '2024-02-05').statements[0]!
  assert.equal(small.minimum, 5_000n)
  const tiny = revolvingOn(terms, [purchase('p', '2024-01-10', 3_000n)], '2024-02-05').statements[0]!
  assert.equal(tiny.minimum, 3_000n)
})

test('a purchase turned into instalments leaves the bill and comes back part by part with its fee', () => {
  const convert: RevolvingEvent = {
    id: 'plan',
    on: '2024-01-20',
    type: 'convert',
    of: 'p',
    amount: 100_000n,
    instalments: 3,
    feePercent: '0.6',
  }
  const payments = [
    payment('a', '2024-02-25', 33_933n),
    payment('b', '2024-03-25', 33_933n),
    payment('c', '2024-04-25', 33_934n),
  ]
  const state = revolvingOn(terms, [purchase('p', '2024-01-10', 100_000n), convert, ...payments], '2024-05-05')
  assert.deepEqual(
    state.statements.map(({ instalments, fees, balance, interest, standing }) => [
      instalments,
      fees,
      balance,
      interest,
      standing,
    ]),
    [
      [33_333n, 600n, 33_933n, 0n, 'full'],
      [33_333n, 600n, 33_933n, 0n, 'full'],
      [33_334n, 600n, 33_934n, 0n, 'full'],
      [0n, 0n, 0n, 0n, 'open'],
    ],
  )
})

test('a bill turned into instalments after it closed counts as met by that much', () => {
  const convert: RevolvingEvent = {
    id: 'plan',
    on: '2024-02-10',
    type: 'convert',
    of: 'statement',
    amount: 60_000n,
    instalments: 6,
    feePercent: '0',
  }
  const events = [purchase('p', '2024-01-10', 100_000n), convert, payment('m', '2024-02-25', 40_000n)]
  const [first, second] = revolvingOn(terms, events, '2024-03-05').statements
  assert.equal(first!.standing, 'full')
  assert.deepEqual([second!.interest, second!.instalments, second!.balance], [0n, 10_000n, 10_000n])
})

test('a refund meets its purchase; what is beyond becomes credit, which later purchases use', () => {
  const events: RevolvingEvent[] = [
    purchase('p', '2024-01-10', 100_000n),
    payment('m', '2024-02-20', 100_000n),
    { id: 'r', on: '2024-02-28', type: 'refund', of: 'p', amount: 30_000n },
    purchase('q', '2024-03-10', 50_000n),
  ]
  assert.equal(revolvingOn(terms, events, '2024-02-28').creditBalance, 30_000n)
  const [, second, third] = revolvingOn(terms, events, '2024-04-05').statements
  assert.deepEqual([second!.balance, third!.balance], [-30_000n, 20_000n])
})

test('reversing an event restores the account', () => {
  const events = [purchase('p', '2024-01-10', 100_000n), payment('m', '2024-02-20', 40_000n)]
  const reversed: RevolvingEvent[] = [...events, { id: 'x', on: '2024-03-01', type: 'reversal', of: 'm' }]
  const without = revolvingOn(terms, events.slice(0, 1), '2024-04-05')
  assert.deepEqual(revolvingOn(terms, reversed, '2024-04-05'), without)
})

const wrong: [what: string, change: Partial<RevolvingTerms>, events: RevolvingEvent[], code: string, field: string][] =
  [
    ['a statement day 31', { cycle: { statementDay: 31, dueDay: 5 } }, [], 'bad-cycle', 'cycle.statementDay'],
    ['no purchases', { balances: {} }, [], 'bad-balances', 'balances.purchase'],
    [
      'a rate in words',
      { balances: { purchase: { rate: { percent: 'low', per: 'day' }, grace: true } } },
      [],
      'bad-rate',
      'balances.purchase.rate.percent',
    ],
    ['an event before opening', {}, [payment('m', '2023-12-31', 1n)], 'before-opening', 'events[0].on'],
    ['no money', {}, [payment('m', '2024-02-01', 0n)], 'bad-amount', 'events[0].amount'],
    [
      'one id twice',
      {},
      [payment('m', '2024-02-01', 1n), payment('m', '2024-02-02', 1n)],
      'duplicate-id',
      'events[1].id',
    ],
    [
      'a balance not in the terms',
      {},
      [purchase('p', '2024-02-01', 1n, 'gold')],
      'unknown-balance',
      'events.p.balance',
    ],
    [
      'a reversal of a reversal',
      {},
      [
        purchase('p', '2024-02-01', 1n),
        { id: 'x', type: 'reversal', on: '2024-02-02', of: 'p' },
        { id: 'y', type: 'reversal', on: '2024-02-02', of: 'x' },
      ],
      'not-reversible',
      'events[2].of',
    ],
  ]

for (const [what, change, events, code, field] of wrong) {
  test(`${what} is refused, naming ${field}`, () => {
    assert.throws(() => revolvingOn({ ...terms, ...change }, events, '2024-03-05'), { code, field })
  })
}

test('a refund is shown whole: what its purchase took, what met other debts, what became credit', () => {
  // 300.00 and 100.00 spent, 300.00 paid; of 250.00 given back 100.00 is still owed of either purchase.
  const events: RevolvingEvent[] = [
    purchase('a', '2024-01-10', 30_000n),
    purchase('b', '2024-01-11', 10_000n, 'cash'),
    payment('m', '2024-01-12', 30_000n),
    { id: 'r', on: '2024-01-20', type: 'refund', of: 'a', amount: 25_000n },
  ]
  const oldest: RevolvingTerms = { ...terms, hierarchy: { ...terms.hierarchy, rest: 'oldest' } }
  const { spreads, creditBalance } = revolvingOn(oldest, events, '2024-01-20')
  assert.deepEqual(spreads[1], {
    eventId: 'r',
    on: '2024-01-20',
    amount: 25_000n,
    byCode: { cash: 10_000n },
    credit: 15_000n,
  })
  const unpaid = events.filter((event) => event.id !== 'm')
  const { byCode, credit } = revolvingOn(oldest, unpaid, '2024-01-20').spreads[0]!
  assert.deepEqual([byCode, credit, creditBalance], [{ purchase: 25_000n }, 0n, 15_000n])
  const early = [...events.slice(0, 2), payment('m', '2024-01-12', 10_000n), events[3]!]
  assert.deepEqual(revolvingOn(oldest, early, '2024-01-20').spreads[1], {
    eventId: 'r',
    on: '2024-01-20',
    amount: 25_000n,
    byCode: { purchase: 20_000n, cash: 5_000n },
    credit: 0n,
  })
})

test('a refund of what no bill asked for yet does not pay the minimum of the last bill', () => {
  const events: RevolvingEvent[] = [
    purchase('a', '2024-01-10', 100_000n),
    purchase('b', '2024-02-10', 50_000n),
    { id: 'r', on: '2024-02-12', type: 'refund', of: 'b', amount: 50_000n },
  ]
  const [first, second] = revolvingOn(terms, events, '2024-03-05').statements
  assert.deepEqual([first!.minimum, first!.standing], [10_000n, 'below-minimum'])
  assert.equal(second!.minimumParts.arrears, 10_000n)
})

test('what ends the debt has the interest of each balance rounded by itself, as the next bill does', () => {
  // A night on 9.60 at 0.06 % is 0.00576, on 11.00 at 0.05 % it is 0.0055: 0.01 each, and 0.01126 together.
  const events = [purchase('c', '2024-02-04', 960n, 'cash'), purchase('o', '2024-02-04', 1_100n, 'other')]
  const other: RevolvingTerms = {
    ...terms,
    balances: { ...terms.balances, other: { rate: { percent: '0.05', per: 'day' }, grace: false } },
  }
  const paid = [...events, payment('m', '2024-02-05', 2_062n)]
  assert.equal(revolvingOn({ ...other, cycle: { statementDay: 6, dueDay: 25 } }, events, '2024-02-05').payoff, 2_062n)
  assert.deepEqual(
    revolvingOn({ ...other, cycle: { statementDay: 6, dueDay: 25 } }, paid, '2024-02-06').statements[0]!.balance,
    0n,
  )
})

test('later rates hold from their days on, whatever their order in the list', () => {
  const at = (percent: string, from: string) => ({ from, rate: { percent, per: 'day' as const } })
  const owed = (changes: readonly ReturnType<typeof at>[]) => {
    const cash = { rate: { percent: '0.06', per: 'day' as const }, changes, grace: false }
    const changed: RevolvingTerms = { ...terms, balances: { ...terms.balances, cash } }
    return revolvingOn(changed, [purchase('c', '2024-01-10', 100_000n, 'cash')], '2024-01-31').accruedInterest
  }
  const [first, second] = [at('0.02', '2024-01-15'), at('0.04', '2024-01-25')]
  // 5 nights at 0.06 %, 10 at 0.02 % and 6 at 0.04 %.
  assert.deepEqual([owed([first, second]), owed([second, first])], [740n, 740n])
})

test('a bill turned into instalments leaves its interest and fees, also where they bear interest themselves', () => {
  const charged: RevolvingTerms = {
    ...terms,
    balances: { ...terms.balances, interest: { rate: { percent: '0.05', per: 'day' }, grace: false } },
  }
  const convert = (amount: bigint): RevolvingEvent[] => [
    purchase('c', '2024-01-16', 50_000n, 'cash'),
    { id: 'v', on: '2024-02-10', type: 'convert', of: 'statement', amount, instalments: 3, feePercent: '0' },
  ]
  const { items } = revolvingOn(charged, convert(50_000n), '2024-02-10')
  assert.deepEqual(
    items.filter((item) => item.remaining > 0n).map(({ id, remaining }) => [id, remaining]),
    [['interest-1', 600n]],
  )
  assert.throws(() => revolvingOn(charged, convert(50_001n), '2024-02-10'), { code: 'over-balance' })
})
