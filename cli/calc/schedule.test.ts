import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Problem } from '../../core/problem.ts'
import { calcAllocate } from './allocate.ts'
import { calcExplain, explained } from './explain.ts'
import { eventFields } from './loan-event-input.ts'
import { choices, loanFields, readLoan } from './loan-input.ts'
import { runCalc } from './main.ts'
import { calcSchedule } from './schedule.ts'

const plain = {
  currency: 'USD',
  principal: '100',
  annualRatePercent: '7',
  method: 'equal-instalment',
  instalments: 6,
  every: { n: 1, unit: 'month' },
  disbursedOn: '2024-01-01',
  dayCount: '30/360',
  interestRecalculation: 'daily',
}

test('each wrong input is refused with the name of its field', () => {
  const centuries = { every: { n: 1000, unit: 'year' }, instalments: 1 }
  const early = { type: 'disbursement', id: 'early', on: '2023-12-01', amount: '150' }
  const undone = { type: 'reversal', id: 'undone', on: '2024-01-10', of: 'early' }
  const fee = { type: 'fee', on: '2024-02-01', amount: '5' }
  const table: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ principal: 'NaN' }, 'principal'],
    [{ principal: '-5' }, 'principal'],
    [{ principal: '0' }, 'principal'],
    [{ principal: '1.005' }, 'principal'],
    [{ principal: 100 }, 'principal'],
    [{ currency: 'ZZZ' }, 'currency'],
    [{ annualRatePercent: '1e3' }, 'annualRatePercent'],
    [{ annualRatePercent: '-1' }, 'annualRatePercent'],
    [{ instalments: 0 }, 'instalments'],
    [{ instalments: 2.5 }, 'instalments'],
    [{ instalments: 100_000 }, 'instalments'],
    [{ every: { n: 0, unit: 'month' } }, 'every.n'],
    [{ every: { n: 1, unit: 'fortnight' } }, 'every.unit'],
    [{ disbursedOn: '2024-02-31' }, 'disbursedOn'],
    [{ disbursedOn: '31/01/2024' }, 'disbursedOn'],
    [{ firstDueOn: '2023-12-31' }, 'firstDueOn'],
    [{ firstDueOn: '2023-12-31', businessDays: { rule: 'following' } }, 'firstDueOn'],
    [{ disbursedOn: '9999-12-31' }, 'disbursedOn'],
    [{ disbursedOn: '9999-12-01', businessDays: { rule: 'following' } }, 'disbursedOn'],
    [{ firstDueOn: '9999-12-31' }, 'firstDueOn'],
    [{ method: 'magic' }, 'method'],
    [{ dayCount: '31/365' }, 'dayCount'],
    [{ downPaymentPercent: '100' }, 'downPaymentPercent'],
    [{ principalGrace: 6 }, 'principalGrace'],
    [{ colour: 'red' }, 'colour'],
    [{ allocation: { default: { surplus: 'first' } } }, 'allocation.default.surplus'],
    [{ allocation: { repaymnt: { surplus: 'last' } } }, 'allocation.repaymnt'],
    [{ allocation: { default: { order: [] } } }, 'allocation.default.order'],
    [{ allocation: { default: { order: ['due-fee', 'due-fee'] } } }, 'allocation.default.order'],
    [{ asOf: '2023-01-01' }, 'asOf'],
    [{ events: [{ type: 'repayment', on: '2023-12-31', amount: '1' }] }, 'events[0].on'],
    [{ events: [{ type: 'repayment', on: '2024-02-01', amount: '0' }] }, 'events[0].amount'],
    [{ events: [{ type: 'repayment', on: '2024-02-01' }] }, 'events[0].amount'],
    [{ events: [{ type: 'gift', on: '2024-02-01', amount: '1' }] }, 'events[0].type'],
    [{ events: [{ type: 'reversal', on: '2024-02-01', of: 'nothing' }] }, 'events[0].of'],
    [{ firstDueOn: '9999-12-31', instalments: 1 }, 'firstDueOn'],
    [
      { events: [{ type: 're-age', on: '2024-02-01', instalments: 3, firstDueOn: '9999-11-30' }] },
      'events[0].firstDueOn',
    ],
    [{ events: [{ type: 'deferral', on: '2024-02-10', until: '9999-12-31' }] }, 'events[0].until'],
    [{ ...centuries, events: [{ type: 'deferral', on: '2024-02-10', periods: 9 }] }, 'events[0].periods'],
    [{ every: { n: 1, unit: 'day' }, businessDays: { rule: 'preceding' } }, 'businessDays'],
    [{ principal: '0', events: [early] }, 'principal'],
    [{ balloon: '120', events: [early, undone] }, 'balloon'],
    [{ events: [early, { ...fee, id: 'early' }] }, 'events[1].id'],
    [{ events: [early, { ...fee, id: 'early' }, undone] }, 'events[1].id'],
  ]
  for (const [change, field] of table) {
    assert.throws(
      () => calcSchedule({ ...plain, ...change }),
      (problem) => problem instanceof Problem && problem.field === field,
      JSON.stringify(change),
    )
  }
})

test('a rule for a kind of payment of other systems changes nothing', () => {
  const others = { 'capitalized-income-adjustment': { surplus: 'last' }, payoff: { surplus: 'last' } }
  const events = [{ type: 'repayment', on: '2024-01-10', amount: '40' }]
  assert.deepEqual(calcSchedule({ ...plain, events, allocation: others }), calcSchedule({ ...plain, events }))
})

test('a kind of payment that has no rule of its own is told those that have', () => {
  const { stderr } = runCalc('schedule', JSON.stringify({ ...plain, allocation: { repaymnt: {} } }))
  assert.match(stderr, /^allocation\.repaymnt: must be one of default, repayment, down-payment, merchant-refund, /)
})

test('what was lent before the stated day and undone refuses nothing, and its reversal is the last event', () => {
  const early = { type: 'disbursement', id: 'early', on: '2023-12-01', amount: '50' }
  const undone = { type: 'reversal', on: '2024-01-10', of: 'early' }
  const terms = { ...plain, balloon: '80' }
  const never = calcSchedule({ ...terms, asOf: '2024-01-10' })
  assert.deepEqual(calcSchedule({ ...terms, events: [early, undone] }), never)
  const again = { ...undone, id: 'again', of: 'undone' }
  assert.throws(() => calcSchedule({ ...terms, events: [early, { ...undone, id: 'undone' }, again] }), {
    code: 'not-reversible',
  })
})

test('an event that the loan’s history refuses is named by its place', () => {
  const events = [
    { type: 'fee', on: '2024-01-10', amount: '5' },
    { type: 'waiver', on: '2024-01-11', amount: '6', component: 'fee' },
  ]
  const named = (field: string) => (problem: unknown) => problem instanceof Problem && problem.field === field
  assert.throws(() => calcSchedule({ ...plain, events }), named('events[1].amount'))
  const late = { type: 're-age', on: '2024-02-01', instalments: 2, firstDueOn: '2023-12-01' }
  assert.throws(() => calcSchedule({ ...plain, events: [late] }), named('events[0].firstDueOn'))
  // The loan began with the last event, and the first is kept as two.
  const anew = { type: 're-age', on: '2024-02-10', instalments: 3, firstDueOn: '2024-02-01' }
  const before = { type: 'disbursement', on: '2023-12-01', amount: '50' }
  const shifted = [anew, { ...events[1], on: '2024-02-22' }, before]
  assert.throws(() => calcSchedule({ ...plain, events: shifted }), named('events[1].amount'))
})

test('a rate and a pause hold from their `from`, whenever they were agreed; a wrong day is named as it was given', () => {
  const rate = { type: 'rate-change', annualRatePercent: '4' }
  const pause = { type: 'interest-pause', to: '2024-03-20' }
  for (const event of [rate, pause]) {
    const from = calcSchedule({ ...plain, events: [{ ...event, from: '2024-03-02' }] })
    assert.deepEqual(calcSchedule({ ...plain, events: [{ ...event, on: '2024-03-02' }] }), from)
    assert.deepEqual(calcSchedule({ ...plain, events: [{ ...event, on: '2024-01-15', from: '2024-03-02' }] }), from)
    const refused = (days: Record<string, string>, field: string) => {
      const named = (problem: unknown) => problem instanceof Problem && problem.field === `events[0].${field}`
      assert.throws(() => calcSchedule({ ...plain, events: [{ ...event, ...days }] }), named, JSON.stringify(days))
    }
    refused({}, 'from')
    refused({ from: '2023-12-31' }, 'from')
    refused({ on: '2024-01-15', from: '2023-12-31' }, 'from')
    refused({ on: '2023-12-31' }, 'on')
    refused({ on: '2024-02-30' }, 'on')
    refused({ on: '2024-02-30', from: '2024-03-02' }, 'on')
    refused({ on: '2024-02-20', from: '2024-02-30' }, 'from')
  }
})

test('a payoff of a day before the reversal leaves out what was reversed, as the rows do', () => {
  const fee = { type: 'fee', on: '2024-03-10', amount: '5' }
  const events = [
    { type: 'repayment', on: '2024-02-01', amount: '17.01' },
    { type: 'repayment', on: '2024-02-02', amount: '50' },
    fee,
    { type: 'reversal', on: '2024-03-20', of: 1 },
    { type: 'reversal', on: '2024-03-21', of: 2 },
  ]
  for (const asOf of ['2024-02-01', '2024-02-02', '2024-03-09', '2024-03-10', '2024-03-20', '2024-03-21']) {
    const never = calcSchedule({ ...plain, events: events.slice(0, 1), asOf })
    assert.deepEqual(calcSchedule({ ...plain, events, asOf }), never)
    const explained = { payoff: asOf }
    assert.equal(calcExplain({ ...plain, events, explain: explained }).value, `${never.payoff.amount} USD`)
  }
  assert.equal(calcSchedule({ ...plain, events }).payoff.on, '2024-03-21')
  // Money that was recovered of nothing is refused only as long as it stands.
  const recovered = { type: 'recovery', on: '2024-02-05', amount: '5' }
  const undone = { type: 'reversal', on: '2024-03-01', of: 0 }
  const { payoff } = calcSchedule({ ...plain, events: [recovered, undone], asOf: '2024-02-10' })
  assert.deepEqual(payoff, calcSchedule({ ...plain, asOf: '2024-02-10' }).payoff)
})

test('a charge was known from the day of the event before it in the list that stands', () => {
  const later = { type: 'repayment', on: '2024-02-20', amount: '10', id: 'later' }
  const fee = { type: 'fee', on: '2024-02-25', amount: '5' }
  const early = { type: 'repayment', on: '2024-02-10', amount: '50' }
  const undone = { type: 'reversal', on: '2024-02-26', of: 'later' }
  const asOf = '2024-02-26'
  const never = calcSchedule({ ...plain, events: [fee, early], asOf })
  assert.equal(never.transactions.find(({ type }) => type === 'repayment')!.fees, '5.00')
  assert.deepEqual(calcSchedule({ ...plain, events: [later, fee, early, undone], asOf }), never)
  assert.deepEqual(
    calcSchedule({ ...plain, events: [later, { ...undone, on: '2024-02-21' }, fee, early], asOf }),
    never,
  )
  // What came after the 20th is not known on the 10th.
  const kept = calcSchedule({ ...plain, events: [later, fee, early], asOf })
  assert.equal(kept.transactions[0]!.fees, '0.00')
})

test('the payment to allocate and what to explain are refused by their own names', () => {
  const named = (field: string) => (problem: unknown) => problem instanceof Problem && problem.field === field
  const payment = { type: 'repayment', on: '2024-02-01', amount: '0' }
  assert.throws(() => calcAllocate({ ...plain, payment }), named('payment.amount'))
  assert.throws(() => calcAllocate({ ...plain, payment: { ...payment, on: '2023-02-01' } }), named('payment.on'))
  assert.throws(() => calcExplain({ ...plain, explain: {} }), named('explain'))
  assert.throws(() => calcExplain({ ...plain, explain: { instalment: 1, payoff: '2024-02-01' } }), named('explain'))
})

test('extremes have an answer: no rate, a rate of 10,000 %, a cent over 36 months, 10^15 minor units, 600 instalments', () => {
  const table: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ annualRatePercent: '0' }, '100.00'],
    [{ annualRatePercent: '10000' }, '100.00'],
    [{ principal: '0.01', instalments: 36 }, '0.01'],
    [{ principal: '10000000000000', instalments: 24 }, '10000000000000.00'],
    [{ principal: '500000', instalments: 600 }, '500000.00'],
    [{ currency: 'JPY', principal: '100000' }, '100000'],
    [{ currency: 'KWD', principal: '100.123' }, '100.123'],
    [{ currency: 'CLF', principal: '1.2345' }, '1.2345'],
    [{ firstDueOn: '2024-01-01' }, '100.00'],
  ]
  for (const [change, principal] of table) {
    const answer = calcSchedule({ ...plain, ...change })
    assert.equal(answer.totals.principal, principal)
    assert.ok(answer.instalments.every((row) => !row.total.startsWith('-') && !row.balanceAfter.startsWith('-')))
    assert.match(answer.instalments.at(-1)!.balanceAfter, /^0(\.0+)?$/)
  }
})

test('a down payment of nothing is none', () => {
  const events = [{ type: 'disbursement', on: '2024-02-10', amount: '50' }]
  const none = calcSchedule({ ...plain, events, downPaymentPercent: null })
  for (const downPaymentPercent of ['0', '0.00']) {
    assert.deepEqual(calcSchedule({ ...plain, events, downPaymentPercent }), none)
    assert.deepEqual(calcSchedule({ ...plain, events, downPaymentPercent, downPaymentPaid: true }), none)
  }
})

test('money after the loan is paid is the customer’s credit', () => {
  const paid = { type: 'repayment', on: '2024-01-01', amount: '100' }
  const more = { type: 'repayment', on: '2024-03-01', amount: '5' }
  const answer = calcSchedule({ ...plain, events: [paid, more] })
  assert.equal(answer.totals.outstanding, '0.00')
  assert.equal(answer.totals.creditBalance, '5.00')
  assert.equal(answer.payoff.amount, '0.00')
})

test('a rate that compounds beyond counting has no effective rate, and the loan an answer all the same', () => {
  const daily = { ...plain, principal: '0.01', method: 'flat', instalments: 2, every: { n: 1, unit: 'day' } }
  const answer = calcSchedule({ ...daily, annualRatePercent: '36500' })
  assert.equal(answer.totals.total, '0.03')
  assert.deepEqual(answer.rates, { irrPercent: null, simplePercent: null })
})

test('money taken back is an advance of its day, goods returned are a payment: the true rate stays that of the loan', () => {
  // 1 % a month, interest on top: whatever is lent bears it, so that every rate is 12 %.
  const monthly = { ...plain, method: 'interest-only', annualRatePercent: '12' }
  const twelve = { irrPercent: '12.6825', simplePercent: '12.0000' }
  const paid = (on: string, amount: string) => ({ type: 'repayment', on, amount })
  const lives: object[][] = [
    [],
    [paid('2024-02-01', '1'), { type: 'chargeback', on: '2024-02-01', amount: '50' }],
    [{ type: 'purchase-refund', on: '2024-03-01', amount: '40' }],
    [
      { type: 'purchase-refund', on: '2024-02-01', amount: '40' },
      { type: 'chargeback', on: '2024-03-01', amount: '10' },
      { type: 'purchase-refund', on: '2024-04-01', amount: '30' },
      { type: 'purchase-refund', on: '2024-04-01', amount: '30' },
      { type: 'reversal', on: '2024-04-02', of: 2 },
    ],
  ]
  for (const events of lives)
    assert.deepEqual(calcSchedule({ ...monthly, events }).rates, twelve, JSON.stringify(events))
  const lent = { type: 'disbursement', on: '2024-03-01', amount: '20' }
  const returned = { type: 'purchase-refund', on: '2024-03-01', amount: '120' }
  assert.deepEqual(calcSchedule({ ...monthly, events: [lent, returned] }).rates, twelve)

  const bounced = [paid('2024-02-01', '17.01'), { type: 'chargeback', on: '2024-02-01', amount: '17.01' }]
  assert.deepEqual(calcSchedule({ ...plain, events: bounced }).rates, { irrPercent: '7.2188', simplePercent: '6.9904' })
})

test('only what of money given back became principal again is an advance', () => {
  const settled = [
    { type: 'repayment', on: '2024-02-01', amount: '17.01' },
    { type: 'repayment', on: '2024-02-01', amount: '90' },
  ]
  const ratesAfter = (...events: object[]) => calcSchedule({ ...plain, events: [...settled, ...events] }).rates
  const back = (type: string, amount: string) => ({ type, on: '2024-02-14', amount })
  // 6.43 is the customer's: as much is given back without a trace in the instalments.
  assert.deepEqual(ratesAfter(back('credit-balance-refund', '6.43')), ratesAfter())
  assert.deepEqual(ratesAfter(back('chargeback', '6.43')), ratesAfter())
  // With a part of the money reversed there is no credit, and both are principal again.
  const undone = { type: 'reversal', on: '2024-02-15', of: 0 }
  const owed = ratesAfter(back('credit-balance-refund', '6.43'), undone)
  assert.deepEqual(owed, ratesAfter(back('chargeback', '6.43'), undone))
  assert.ok(Number(owed.irrPercent) < 7.2239, owed.irrPercent!)
})

test('an explanation has the rate of each stretch, and is of the row that is asked for', () => {
  const rise = { type: 'rate-change', from: '2024-02-11', annualRatePercent: '24' }
  const interest = calcExplain({ ...plain, events: [rise], explain: { instalment: 2 } }).parts![1]!
  const stretches = interest.parts!.filter(({ parts }) => parts !== undefined)
  assert.deepEqual(
    stretches.map(({ what, parts }) => `${what}: ${parts!.at(-1)!.value}`),
    ['2024-02-01 to 2024-02-10, 9 days, 30/360: 7 %', '2024-02-10 to 2024-03-01, 20 days, 30/360: 24 %'],
  )
  // The first new instalment is due on the day on which the old one was ended.
  const reAge = { type: 're-age', on: '2024-01-16', instalments: 2, firstDueOn: '2024-01-16' }
  const loan = { ...plain, events: [reAge] }
  const { instalments } = calcSchedule(loan)
  for (const { n, total } of instalments) {
    assert.equal(calcExplain({ ...loan, explain: { instalment: n } }).value, `${total} USD`)
    assert.equal(
      calcExplain({ ...loan, explain: { instalment: n } }).parts![1]!.value,
      `${instalments[n - 1]!.interest} USD`,
    )
  }
})

/** Every example of the document: a block of input follows its command, a block of output says what must be in the answer. */
const page = readFileSync(new URL('../../docs/calc.md', import.meta.url), 'utf8')
const examples = [
  ...page.matchAll(
    /npx chit calc (schedule|allocate|explain)`[^`]*```json\n([\s\S]*?)\n```[^`]*```json\n([\s\S]*?)\n```/g,
  ),
]

for (const [, name, input, output] of examples) {
  test(`docs/calc.md: ${name} ${input?.slice(0, 60).replace(/\s+/g, ' ')}…`, () => {
    const answer = JSON.parse(runCalc(name!, input!).stdout)
    assert.partialDeepStrictEqual(answer, JSON.parse(output!))
  })
}

test('docs/calc.md says what holds where a field of a few words is absent', () => {
  const { currency, principal, annualRatePercent, instalments, disbursedOn } = plain
  const bare = { currency, principal, annualRatePercent, instalments, disbursedOn }
  const events = [{ type: 'repayment', on: '2024-01-20', amount: '40' }]
  const fields = [
    'method',
    'dayCount',
    'interestPeriod',
    'interestRecalculation',
    'earlyInterest',
    'lastInstalment',
    'rounding',
  ]
  for (const field of fields) {
    const usual = new RegExp(`^\\| \`${field}\` \\|.* Absent: \`([^\`]+)\``, 'm').exec(page)?.[1]
    const state = (value: unknown) => readLoan({ ...bare, events, [field]: value }).terms
    assert.deepEqual(state(usual ?? 'nothing said'), state(null), field)
  }
})

test('docs/calc.md has an example of each field, of each event with each of its fields, and of each choice', () => {
  const inputs = examples.map(([, , input]) => input!).join('\n')
  const missing = [...loanFields, 'payment', 'explain', ...explained.loan].filter(
    (field) => !inputs.includes(`"${field}":`),
  )
  const events = examples.flatMap(([, , input]) => JSON.parse(input!).events ?? [])
  for (const [type, fields] of Object.entries(eventFields)) {
    const shown = new Set(events.filter((event) => event.type === type).flatMap(Object.keys))
    if (shown.size === 0) missing.push(type)
    missing.push(...fields.filter((field) => !shown.has(field)).map((field) => `${type}.${field}`))
  }
  const chosen = Object.values(choices).flat()
  missing.push(...chosen.filter((choice) => !inputs.includes(`"${choice}"`)))
  assert.deepEqual(missing, [])
})
