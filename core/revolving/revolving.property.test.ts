/** Properties of a revolving line under random months of use. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSame, cases, record } from '../property.test-support.ts'
import { type RevolvingEvent, type RevolvingTerms, revolvingOn } from './index.ts'

const numRuns = cases(500)
const OPENED = Temporal.PlainDate.from('2023-12-06')
const END = '2024-09-05'

/** From the opening to the end, made once. */
const DAYS = Array.from({ length: OPENED.until(END, { largestUnit: 'days' }).days + 1 }, (_, days) => {
  const day = OPENED.add({ days })
  return { text: day.toString(), dayOfMonth: day.day }
})

/** The days of bills: nothing that comes later is on one. */
const CLOSINGS = DAYS.filter(({ dayOfMonth }) => dayOfMonth === 5).map(({ text }) => text)

const terms: fc.Arbitrary<RevolvingTerms> = record({
  interestFrom: fc.constantFrom('posting' as const, 'statement' as const),
  graceLost: fc.constantFrom('whole' as const, 'unpaid' as const),
  graceRegainedAfter: fc.constantFrom(1, 2),
  rest: fc.constantFrom('highest-rate' as const, 'lowest-rate' as const, 'oldest' as const),
  billedFirst: fc.boolean(),
  minimumToLowestRate: fc.boolean(),
}).map(({ rest, billedFirst, minimumToLowestRate, ...choices }) => ({
  currency: 'CNY',
  cycle: { statementDay: 5, dueDay: 25 },
  openedOn: OPENED.toString(),
  balances: {
    purchase: { rate: { percent: '0.05', per: 'day' }, grace: true },
    cash: { rate: { percent: '21.9', per: 'year' }, grace: false },
  },
  daysInYear: 365,
  minimum: { percent: '10', floor: 5_000n },
  hierarchy: { first: ['penalty', 'fee', 'interest', 'instalment'], rest, billedFirst, minimumToLowestRate },
  rounding: 'half-even',
  ...choices,
}))

const step = record({
  day: fc.integer({ min: 0, max: 260 }),
  kind: fc.constantFrom('purchase', 'cash', 'fee', 'payment', 'payment', 'payment'),
  amount: fc.bigInt({ min: 1n, max: 200_000n }),
})

const use: fc.Arbitrary<RevolvingEvent[]> = fc.array(step, { maxLength: 25 }).map((steps) =>
  steps.map(({ day, kind, amount }, k): RevolvingEvent => {
    const base = { id: `e${k}`, on: DAYS[day]!.text, amount }
    if (kind === 'fee' || kind === 'payment') return { ...base, type: kind }
    return { ...base, type: 'purchase', balance: kind }
  }),
)

test('every bill adds up, and what is owed is what was lent and charged less what was paid', () => {
  fc.assert(
    fc.property(terms, use, (line, events) => {
      const state = revolvingOn(line, events, END)
      for (const bill of state.statements) {
        const added = bill.debits + bill.interest + bill.fees + bill.instalments
        assert.equal(bill.balance, bill.previousBalance + added - bill.credits - bill.converted)
        assert.ok(bill.minimum >= 0n && (bill.minimum <= bill.balance || bill.minimum === 0n))
        assert.ok(bill.interest >= 0n)
      }
      assert.ok(state.items.every((item) => item.remaining >= 0n))
      const sum = (type: RevolvingEvent['type'][]) =>
        events.reduce((all, event) => all + (type.includes(event.type) && 'amount' in event ? event.amount : 0n), 0n)
      const interest = state.statements.reduce((all, bill) => all + bill.interest, 0n)
      const owed = sum(['purchase', 'fee']) + interest - sum(['payment'])
      assert.equal(state.payoff, owed + state.accruedInterest)
      for (const { amount, byCode, credit } of state.spreads) {
        assert.equal(
          Object.values(byCode).reduce((all, part) => all + part, credit),
          amount,
        )
      }
    }),
    { numRuns: cases(500, 1 / 4) },
  )
})

test('a payment split in two on one day changes no bill', () => {
  fc.assert(
    fc.property(terms, use, (line, events) => {
      const halves = events.flatMap((event): RevolvingEvent[] => {
        if (event.type !== 'payment' || event.amount < 2n) return [event]
        const part = event.amount / 3n + 1n
        if (part >= event.amount) return [event]
        return [
          { ...event, amount: part },
          { ...event, id: `${event.id}b`, amount: event.amount - part },
        ]
      })
      assertSame(revolvingOn(line, halves, END).statements, revolvingOn(line, events, END).statements)
    }),
    { numRuns },
  )
})

test('events of different days may be booked in any order', () => {
  fc.assert(
    fc.property(terms, use, (line, events) => {
      const oncePerDay = [...new Map(events.map((event) => [event.on, event])).values()]
      const backwards = oncePerDay.toReversed()
      assertSame(revolvingOn(line, backwards, END), revolvingOn(line, oncePerDay, END))
    }),
    { numRuns },
  )
})

test('who pays every bill in full by its due date never pays interest on purchases', () => {
  const shopping = fc.array(
    record({ day: fc.integer({ min: 0, max: 200 }), amount: fc.bigInt({ min: 1n, max: 99_999n }) }),
  )
  fc.assert(
    fc.property(terms, shopping, (line, bought) => {
      let events: RevolvingEvent[] = bought.map(({ day, amount }, k) => ({
        id: `p${k}`,
        on: DAYS[day]!.text,
        type: 'purchase',
        amount,
      }))
      for (let n = 0; n < 8; n++) {
        const bill = revolvingOn(line, events, CLOSINGS[n]!).statements[n]!
        if (bill.balance <= 0n) continue
        events = [...events, { id: `m${n}`, on: bill.dueOn, type: 'payment', amount: bill.balance }]
      }
      const state = revolvingOn(line, events, END)
      assert.ok(state.statements.every((bill) => bill.interest === 0n))
    }),
    { numRuns: cases(500, 1 / 4) },
  )
})

test('a day-by-day count of nights agrees with the intervals, without a free period', () => {
  fc.assert(
    fc.property(use, (events) => {
      const line: RevolvingTerms = {
        currency: 'CNY',
        cycle: { statementDay: 5, dueDay: 25 },
        openedOn: OPENED.toString(),
        balances: { purchase: { rate: { percent: '0.05', per: 'day' }, grace: false } },
        daysInYear: 365,
        interestFrom: 'posting',
        graceLost: 'whole',
        graceRegainedAfter: 1,
        minimum: { percent: '10', floor: 0n },
        hierarchy: { first: ['interest', 'fee'], rest: 'oldest', billedFirst: false, minimumToLowestRate: false },
        rounding: 'half-even',
      }
      const simple = events.map((event) => (event.type === 'purchase' ? { ...event, balance: 'purchase' } : event))
      const bills = revolvingOn(line, simple, END).statements
      assertSame(
        bills.map((bill) => bill.interest),
        nightByNight(simple),
      )
    }),
    { numRuns },
  )
})

/** Principal and charges as two heaps, one night at a time; interest in two-thousandths of a cent. */
function nightByNight(events: readonly RevolvingEvent[]): bigint[] {
  const inOrder = events.toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0))
  const bills: bigint[] = []
  let [principal, charges, credit, exact] = [0n, 0n, 0n, 0n]
  const settle = () => {
    for (const heap of ['charges', 'principal'] as const) {
      const owed = heap === 'charges' ? charges : principal
      const used = credit < owed ? credit : owed
      credit -= used
      if (heap === 'charges') charges -= used
      else principal -= used
    }
  }
  let next = 0
  for (const { text, dayOfMonth } of DAYS) {
    for (; next < inOrder.length && inOrder[next]!.on === text; next++) {
      const event = inOrder[next]!
      if (event.type === 'payment') credit += event.amount
      else if (event.type === 'fee') charges += event.amount
      else if (event.type === 'purchase') principal += event.amount
      settle()
    }
    if (dayOfMonth === 5) {
      const interest = halfEven(exact, 2_000n)
      bills.push(interest)
      charges += interest
      exact = 0n
      settle()
    }
    exact += principal
  }
  return bills
}

function halfEven(num: bigint, den: bigint): bigint {
  const floor = num / den
  const twice = (num - floor * den) * 2n
  return twice > den || (twice === den && floor % 2n === 1n) ? floor + 1n : floor
}
