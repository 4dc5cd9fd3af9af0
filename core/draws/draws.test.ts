/** Daily draws by examples that can be checked on paper, then their properties. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSame, cases, dayOffset, dayText, record } from '../property.test-support.ts'
import { type DrawEvent, type DrawTerms, drawsOn } from './index.ts'

const terms: DrawTerms = {
  currency: 'CNY',
  limit: 200_000_000n,
  dailyRatePercent: '0.048',
  overdueDailyRatePercent: null,
  order: 'oldest',
  interest: 'first',
  rounding: 'half-even',
}
const draw = (id: string, on: string, amount: bigint, dailyRatePercent?: string): DrawEvent => ({
  id,
  on,
  type: 'draw',
  amount,
  ...(dailyRatePercent === undefined ? {} : { dailyRatePercent }),
})
const repayment = (id: string, on: string, amount: bigint, of?: string): DrawEvent => ({
  id,
  on,
  type: 'repayment',
  amount,
  ...(of === undefined ? {} : { draw: of }),
})

test('300,000.00 at 0.048 % a day for 90 days costs 12,960.00', () => {
  const state = drawsOn(terms, [draw('d', '2024-01-01', 30_000_000n)], '2024-03-31')
  assert.equal(state.interest, 1_296_000n)
  assert.equal(state.payoff, 31_296_000n)
})

test('a draw repaid the day it was drawn costs nothing', () => {
  assert.equal(drawsOn(terms, [draw('d', '2024-01-01', 30_000_000n)], '2024-01-01').payoff, 30_000_000n)
})

test('interest runs on what is left: half repaid after 30 days', () => {
  const events = [draw('d', '2024-01-01', 10_000_000n), repayment('r', '2024-01-31', 5_144_000n)]
  const state = drawsOn(terms, events, '2024-03-01')
  // 30 nights on 100,000.00 are 1,440.00, then 30 nights on 50,000.00 are 720.00.
  assert.deepEqual(state.spreads[0]!.parts, [{ draw: 'd', interest: 144_000n, principal: 5_000_000n }])
  assert.deepEqual([state.principal, state.interest], [5_000_000n, 72_000n])
})

test('of two draws of one day the one listed later is the newest', () => {
  const events = [draw('a', '2024-01-01', 100n), draw('b', '2024-01-01', 100n), repayment('r', '2024-01-01', 100n)]
  const paid = (order: DrawTerms['order']) =>
    drawsOn({ ...terms, order }, events, '2024-01-01').spreads[0]!.parts.map((part) => part.draw)
  assert.deepEqual([paid('newest'), paid('oldest'), paid('earliest-due')], [['b'], ['a'], ['a']])
})

test('several draws: all interest first, then the oldest principal, or the highest rate, or the one that is named', () => {
  const events = [draw('a', '2024-01-01', 1_000_000n, '0.03'), draw('b', '2024-01-11', 1_000_000n, '0.05')]
  const pay = (changed: Partial<DrawTerms>, of?: string) =>
    drawsOn({ ...terms, ...changed }, [...events, repayment('r', '2024-01-31', 500_000n, of)], '2024-01-31').spreads[0]!
      .parts
  // 30 nights at 0.03 % are 90.00; 20 nights at 0.05 % are 100.00.
  assert.deepEqual(pay({}), [
    { draw: 'a', interest: 9_000n, principal: 481_000n },
    { draw: 'b', interest: 10_000n, principal: 0n },
  ])
  assert.deepEqual(pay({ order: 'highest-rate' }), [
    { draw: 'b', interest: 10_000n, principal: 481_000n },
    { draw: 'a', interest: 9_000n, principal: 0n },
  ])
  assert.deepEqual(pay({ interest: 'per-draw' }), [{ draw: 'a', interest: 9_000n, principal: 491_000n }])
  assert.deepEqual(pay({}, 'b'), [{ draw: 'b', interest: 10_000n, principal: 490_000n }])
})

test('what is beyond the draw that is named goes to all interest of the others before their principal', () => {
  const of = (id: string) => draw(id, '2024-01-01', 100_000n, '0.05')
  const events = [of('a'), of('b'), of('c'), repayment('r', '2024-01-31', 103_100n, 'b')]
  // 30 nights at 0.05 % of 1,000.00 are 15.00 each: b takes 1,015.00, and 16.00 are left.
  assert.deepEqual(drawsOn(terms, events, '2024-01-31').spreads[0]!.parts, [
    { draw: 'b', interest: 1_500n, principal: 100_000n },
    { draw: 'a', interest: 1_500n, principal: 0n },
    { draw: 'c', interest: 100n, principal: 0n },
  ])
})

test('the highest rate is that of the day: of a draw past its due day the overdue one', () => {
  const line: DrawTerms = { ...terms, order: 'highest-rate', overdueDailyRatePercent: '0.06' }
  const late: DrawEvent = { id: 'late', on: '2024-01-02', type: 'draw', amount: 1_000_000n, dueOn: '2024-01-31' }
  const events = [{ ...late, dailyRatePercent: '0.03' }, draw('dear', '2024-01-01', 1_000_000n, '0.05')]
  const repays = (on: string) => {
    const state = drawsOn(line, [...events, repayment('r', on, 500_000n)], on)
    return state.spreads[0]!.parts.find(({ principal }) => principal > 0n)!.draw
  }
  assert.deepEqual(['2024-01-30', '2024-01-31'].map(repays), ['dear', 'late'])
})

test('principal with its own interest: 利随本清', () => {
  const events = [draw('d', '2024-01-01', 1_000_000n), repayment('r', '2024-01-31', 507_200n)]
  const state = drawsOn({ ...terms, interest: 'with-principal' }, events, '2024-01-31')
  assert.deepEqual(state.spreads[0]!.parts, [{ draw: 'd', interest: 7_200n, principal: 500_000n }])
  assert.deepEqual([state.principal, state.interest], [500_000n, 7_200n])
})

test('after its due date principal bears the overdue rate', () => {
  const events: DrawEvent[] = [
    { ...draw('d', '2024-01-01', 1_000_000n), type: 'draw', amount: 1_000_000n, dueOn: '2024-01-31' },
  ]
  const state = drawsOn({ ...terms, overdueDailyRatePercent: '0.072' }, events, '2024-02-10')
  // 30 nights at 0.048 % and 10 at 0.072 %.
  assert.equal(state.interest, 14_400n + 7_200n)
  assert.equal(state.draws[0]!.overdue, true)
})

test('a new rate holds from its day; a fee is paid first; too much becomes credit', () => {
  const events: DrawEvent[] = [
    draw('d', '2024-01-01', 1_000_000n),
    { id: 'c', on: '2024-01-11', type: 'rate-change', draw: 'd', dailyRatePercent: '0.02' },
    { id: 'f', on: '2024-01-15', type: 'fee', amount: 1_000n },
    repayment('r', '2024-01-21', 1_010_000n),
  ]
  const state = drawsOn(terms, events, '2024-01-21')
  // 10 nights at 0.048 % are 48.00, 10 at 0.02 % are 20.00.
  assert.deepEqual(state.spreads[0], {
    eventId: 'r',
    on: '2024-01-21',
    amount: 1_010_000n,
    fee: 1_000n,
    parts: [{ draw: 'd', interest: 6_800n, principal: 1_000_000n }],
    overpaid: 2_200n,
  })
  assert.deepEqual([state.payoff, state.creditBalance, state.available], [0n, 2_200n, terms.limit + 2_200n])
})

test('credit pays the next fee and the next draws on their day, and nothing else is owed while there is some', () => {
  const events: DrawEvent[] = [
    draw('a', '2024-01-17', 220_884n),
    repayment('r', '2024-01-26', 229_908n),
    repayment('s', '2024-02-02', 689_419n),
    { id: 'f', on: '2024-02-10', type: 'fee', amount: 1_000n },
    draw('b', '2024-02-16', 383_711n),
    draw('c', '2024-02-22', 400_000n),
  ]
  // 9 nights at 0.048 % on 2,208.84 are 9.54; 80.70 is left over, and 6,894.19 after that.
  const state = drawsOn(terms, events, '2024-03-03')
  assert.deepEqual(
    state.spreads.map(({ eventId, on, amount, fee, parts, overpaid }) => [eventId, on, amount, fee, parts, overpaid]),
    [
      ['r', '2024-01-26', 229_908n, 0n, [{ draw: 'a', interest: 954n, principal: 220_884n }], 8_070n],
      ['s', '2024-02-02', 689_419n, 0n, [], 689_419n],
    ],
  )
  assert.deepEqual(
    state.fromCredit.map(({ eventId, on, amount, fee, parts }) => [eventId, on, amount, fee, parts]),
    [
      ['f', '2024-02-10', 1_000n, 1_000n, []],
      ['b', '2024-02-16', 383_711n, 0n, [{ draw: 'b', interest: 0n, principal: 383_711n }]],
      ['c', '2024-02-22', 312_778n, 0n, [{ draw: 'c', interest: 0n, principal: 312_778n }]],
    ],
  )
  // 872.22 of the last draw bears 10 nights.
  assert.deepEqual([state.principal, state.interest, state.payoff, state.creditBalance], [87_222n, 419n, 87_641n, 0n])
})

test('credit comes on top of the limit: a draw of both is paid by it at once', () => {
  const ahead = repayment('r', '2024-01-26', 5_000n)
  const whole = draw('a', '2024-01-27', terms.limit + 5_000n)
  const state = drawsOn(terms, [ahead, whole], '2024-01-27')
  assert.deepEqual([state.principal, state.creditBalance, state.available], [terms.limit, 0n, 0n])
  const beyond = draw('a', '2024-01-27', terms.limit + 5_001n)
  assert.throws(() => drawsOn(terms, [ahead, beyond], '2024-01-27'), { code: 'over-limit' })
})

test('what is repaid may be drawn again, more than the limit may not', () => {
  const small = { ...terms, limit: 1_000_000n }
  const again = [draw('a', '2024-01-01', 1_000_000n), repayment('r', '2024-01-01', 400_000n)]
  assert.equal(drawsOn(small, [...again, draw('b', '2024-01-02', 400_000n)], '2024-01-02').available, 0n)
  assert.throws(() => drawsOn(small, [...again, draw('b', '2024-01-02', 400_001n)], '2024-01-02'), {
    code: 'over-limit',
    message: '4000.00 is available, not 4000.01',
  })
})

const wrong: [what: string, change: Partial<DrawTerms>, events: DrawEvent[], code: string, field: string][] = [
  ['a rate in words', { dailyRatePercent: 'low' }, [], 'bad-rate', 'dailyRatePercent'],
  ['a rate below zero', { dailyRatePercent: '-1' }, [], 'bad-rate', 'dailyRatePercent'],
  ['a draw of nothing', {}, [draw('d', '2024-01-01', 0n)], 'bad-amount', 'events[0].amount'],
  ['31 February', {}, [draw('d', '2024-02-31', 1n)], 'no-such-date', 'events[0].on'],
  ['a draw nobody made', {}, [repayment('r', '2024-01-01', 1n, 'x')], 'unknown-draw', 'events.r.draw'],
  [
    'a reversal of nothing',
    {},
    [{ id: 'x', on: '2024-01-01', type: 'reversal', of: 'y' }],
    'unknown-event',
    'events[0].of',
  ],
  [
    'a reversal of a reversal',
    {},
    [
      draw('d', '2024-01-01', 1n),
      { id: 'x', on: '2024-01-02', type: 'reversal', of: 'd' },
      { id: 'y', on: '2024-01-03', type: 'reversal', of: 'x' },
    ],
    'not-reversible',
    'events[2].of',
  ],
]
for (const [what, change, events, code, field] of wrong) {
  test(`${what} is refused, naming ${field}`, () => {
    assert.throws(() => drawsOn({ ...terms, ...change }, events, '2024-12-31'), { code, field })
  })
}

const numRuns = cases(1_000)
const FIRST = dayOffset('2024-01-01')
const ways = record({
  order: fc.constantFrom('oldest' as const, 'newest' as const, 'highest-rate' as const, 'earliest-due' as const),
  interest: fc.constantFrom('first' as const, 'per-draw' as const, 'with-principal' as const),
})
const step = record({
  day: fc.integer({ min: 0, max: 400 }),
  draws: fc.boolean(),
  amount: fc.bigInt({ min: 1n, max: 5_000_000n }),
  rate: fc.constantFrom('0.02', '0.048', '0.05'),
})
const use = fc.array(step, { maxLength: 20 }).map((steps) =>
  steps.map(({ day, draws, amount, rate }, k): DrawEvent => {
    const on = dayText(FIRST + day)
    return draws ? draw(`e${k}`, on, amount, rate) : repayment(`e${k}`, on, amount)
  }),
)
const END = '2025-03-01'

test('repayments are spread whole, and the debt is what was drawn and accrued less what was paid', () => {
  fc.assert(
    fc.property(ways, use, (way, events) => {
      const state = drawsOn({ ...terms, ...way }, events, END)
      const sum = (type: string) =>
        events.reduce((all, event) => all + (event.type === type && 'amount' in event ? event.amount : 0n), 0n)
      for (const { amount, fee, parts, overpaid } of state.spreads) {
        assert.equal(
          parts.reduce((all, part) => all + part.interest + part.principal, fee + overpaid),
          amount,
        )
      }
      assert.ok(state.payoff === 0n || state.creditBalance === 0n)
      const overpaid = state.spreads.reduce((all, each) => all + each.overpaid, 0n)
      const used = state.fromCredit.reduce((all, each) => all + each.amount, 0n)
      assert.equal(overpaid - used, state.creditBalance)
      const repaid = [...state.spreads, ...state.fromCredit].flatMap(({ parts }) => parts)
      const principal = repaid.reduce((all, part) => all + part.principal, 0n)
      assert.equal(principal, sum('draw') - state.principal)
      const accrued = state.draws.reduce((all, each) => all + each.interestAccrued, 0n)
      assert.equal(state.payoff - state.creditBalance, sum('draw') + accrued - sum('repayment'))
      assert.ok(state.draws.every((each) => each.principal >= 0n && each.interestOwed >= 0n))
      const paid = drawsOn({ ...terms, ...way }, [...events, repayment('last', END, state.payoff + 1n)], END)
      assert.deepEqual([paid.payoff, paid.creditBalance], [0n, state.creditBalance + 1n])
    }),
    { numRuns: cases(1_000, 1 / 4) },
  )
})

test('a reversed repayment leaves no trace; events of different days may come in any order', () => {
  fc.assert(
    fc.property(ways, use, (way, events) => {
      const once = [...new Map(events.map((event) => [event.on, event])).values()]
      const line = { ...terms, ...way }
      const expected = drawsOn(line, once, END)
      assertSame(drawsOn(line, once.toReversed(), END), expected)
      const undone: DrawEvent[] = [
        ...once,
        repayment('gone', '2024-06-01', 1_234n),
        { id: 'undo', on: '2025-02-01', type: 'reversal', of: 'gone' },
      ]
      assertSame(drawsOn(line, undone, END), expected)
    }),
    { numRuns },
  )
})

test('paying a day earlier never costs more', () => {
  const early = record({ amount: fc.bigInt({ min: 100n, max: 9_000_000n }), day: fc.integer({ min: 1, max: 300 }) })
  fc.assert(
    fc.property(ways, early, (way, { amount, day }) => {
      const cost = (on: number) => {
        const paidOn = dayText(FIRST + on)
        const line = { ...terms, ...way }
        return drawsOn(line, [draw('d', '2024-01-01', amount), repayment('r', paidOn, amount / 2n)], END).payoff
      }
      // One minor unit for the rounding of the two sums.
      assert.ok(cost(day - 1) <= cost(day) + 1n)
    }),
    { numRuns },
  )
})
