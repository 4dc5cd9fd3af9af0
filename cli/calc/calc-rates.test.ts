/** Runs the worked examples of docs/calc-rates.md, and asks what the command does with wrong input. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { conventions } from '../../core/rates/index.ts'
import { drawChoices, drawEventFields, drawFields } from './draw.ts'
import { explained } from './explain.ts'
import { runCalc } from './main.ts'
import { flowFields, rateFields, unitPeriods } from './rate.ts'
import { lineChoices, lineEventFields, lineFields, lineParts } from './revolving.ts'

const page = readFileSync(new URL('../../docs/calc-rates.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```json calc (\w+)\n([\s\S]*?)```\n```json answer\n([\s\S]*?)```/g)]

/** An object within an input: the names that lead to it, places in lists left out, and what is stated in it. */
interface Part {
  readonly path: string
  readonly stated: Readonly<Record<string, unknown>>
}

function partsOf(value: unknown, path: string): Part[] {
  if (Array.isArray(value)) return value.flatMap((each) => partsOf(each, path))
  if (typeof value !== 'object' || value === null) return []
  const stated = Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null))
  return [{ path, stated }, ...Object.entries(stated).flatMap(([name, each]) => partsOf(each, `${path}.${name}`))]
}

/** The fields that an object at a path can have, and what a field anywhere can be where that is one of a few words. */
const described = {
  rate: {
    fields: [
      [/^rate$/, rateFields],
      [/^rate\.advances$/, ['amount', 'on', 'at']],
      [/^rate\.payments$/, flowFields],
      [/^rate\.payments\.every$/, ['n', 'unit']],
      [/^rate\.unitPeriod$/, ['n', 'unit']],
    ],
    choices: { convention: conventions, unit: unitPeriods },
    events: {},
  },
  draw: { fields: [[/^draw$/, drawFields]], choices: drawChoices, events: drawEventFields },
  explain: {
    fields: [[/^explain\.explain$/, [...explained.draws, ...explained.line]]],
    choices: { of: ['draws', 'line'] },
    events: {},
  },
  revolving: {
    fields: [
      [/^revolving$/, lineFields],
      [/^revolving\.balances\.\w+$/, lineParts.balances],
      [/^revolving\.balances\.\w+\.changes$/, lineParts.changes],
      [/^revolving\.minimum$/, lineParts.minimum],
      [/^revolving\.hierarchy$/, lineParts.hierarchy],
      [/^revolving\.events\.promotion$/, lineParts.promotion],
    ],
    choices: { ...lineChoices, graceRegainedAfter: [1, 2], daysInYear: [360, 365] },
    events: lineEventFields,
  },
} as const

for (const [command, { fields, choices, events }] of Object.entries(described)) {
  test(`docs/calc-rates.md has an example of each field, event and choice of calc ${command}`, () => {
    const parts = examples
      .filter(([, name]) => name === command)
      .flatMap(([, , input]) => partsOf(JSON.parse(input!), command))
    const missing: string[] = []
    for (const [path, names] of fields) {
      const shown = new Set(parts.filter((part) => path.test(part.path)).flatMap(({ stated }) => Object.keys(stated)))
      missing.push(...names.filter((name) => !shown.has(name)).map((name) => `${path.source}: ${name}`))
    }
    for (const [name, words] of Object.entries<readonly unknown[]>(choices)) {
      const shown = new Set(parts.map(({ stated }) => stated[name]))
      missing.push(...words.filter((word) => !shown.has(word)).map((word) => `${name}: ${word}`))
    }
    for (const [type, names] of Object.entries<readonly string[]>(events)) {
      const ofType = parts.filter(({ path, stated }) => path === `${command}.events` && stated.type === type)
      const shown = new Set(ofType.flatMap(({ stated }) => Object.keys(stated)))
      missing.push(...['on', ...names].filter((name) => !shown.has(name)).map((name) => `${type}: ${name}`))
    }
    assert.deepEqual(missing, [])
  })
}

for (const [k, [, command, input, answer]] of examples.entries()) {
  test(`docs/calc-rates.md, example ${k + 1}: calc ${command}`, () => {
    const outcome = runCalc(command!, input!)
    assert.equal(outcome.stderr, '')
    assert.equal(outcome.exitCode, 0)
    assert.deepEqual(JSON.parse(outcome.stdout), JSON.parse(answer!))
  })
}

const flow = { amount: '100', on: '2024-01-01' }
const back = { amount: '110', on: '2025-01-01' }
const rate = { convention: 'xirr', advances: [flow], payments: [back] }
const draw = { currency: 'CNY', dailyRatePercent: '0.05', events: [{ type: 'draw', on: '2024-01-01', amount: '1.00' }] }
const line = {
  currency: 'CNY',
  openedOn: '2024-01-01',
  statementDay: 5,
  dueDay: 25,
  balances: { purchase: { dailyRatePercent: '0.05', grace: true } },
  asOf: '2024-02-01',
}

const yearly = (annualRatePercent: string) => ({ annualRatePercent, grace: true })
const five = { on: '2024-01-10', amount: '5' }
const undone = (id: string, of: string) => ({ type: 'reversal', id, on: '2024-01-11', of })
const drawnAs = (id: string) => ({ type: 'draw', id, on: '2024-01-10', amount: '10' })
const spent = { type: 'purchase', on: '2024-01-10', amount: '5' }

const wrong: [command: string, input: unknown, field: string][] = [
  ['rate', 7, 'input'],
  ['rate', {}, 'convention'],
  ['rate', { ...rate, convention: 'apr' }, 'convention'],
  ['rate', { ...rate, advances: {} }, 'advances'],
  ['rate', { ...rate, advances: [] }, 'advances'],
  ['rate', { ...rate, payments: [{ ...back, amount: 110 }] }, 'payments[0].amount'],
  ['rate', { ...rate, payments: [{ ...back, amount: 'NaN' }] }, 'payments[0].amount'],
  ['rate', { ...rate, payments: [{ ...back, amount: '1e3' }] }, 'payments[0].amount'],
  ['rate', { ...rate, payments: [{ ...back, on: '2024-02-31' }] }, 'payments[0].on'],
  ['rate', { ...rate, payments: [{ amount: '1' }] }, 'payments[0].on'],
  ['rate', { ...rate, payments: [{ ...back, at: { years: '1' } }] }, 'payments[0].at'],
  ['rate', { ...rate, payments: [{ amount: '1', at: { years: '1' } }] }, 'payments[0].at'],
  ['rate', { ...rate, payments: [{ ...back, count: 0 }] }, 'payments[0].count'],
  ['rate', { ...rate, payments: [{ ...back, count: 3 }] }, 'payments[0].every'],
  ['rate', { ...rate, payments: [{ ...back, paid: true }] }, 'payments[0].paid'],
  ['rate', { ...rate, unitPeriod: { n: 0, unit: 'month' } }, 'unitPeriod.n'],
  ['rate', { ...rate, unitPeriod: { n: 1, unit: 'moon' } }, 'unitPeriod.unit'],
  ['rate', { ...rate, payments: [{ ...back, amount: '-110' }] }, 'payments'],
  ['draw', { ...draw, currency: 'XXQ' }, 'currency'],
  ['draw', { ...draw, dailyRatePercent: '-1' }, 'dailyRatePercent'],
  ['draw', { ...draw, limit: '0.50' }, 'events[0].amount'],
  ['draw', { ...draw, order: 'random' }, 'order'],
  ['draw', { ...draw, events: [{ type: 'draw', on: '2024-01-01', amount: '1.001' }] }, 'events[0].amount'],
  ['draw', { ...draw, events: [{ type: 'gift', on: '2024-01-01', amount: '1' }] }, 'events[0].type'],
  [
    'draw',
    { ...draw, events: [{ type: 'fee', on: '2024-01-01', amount: '1', dueOn: '2024-01-02' }] },
    'events[0].dueOn',
  ],
  ['draw', { ...draw, events: [] }, 'asOf'],
  ['draw', { ...draw, events: [{ type: 'limit-change', on: '2024-01-01', limit: '-5' }] }, 'events[0].limit'],
  ['draw', { ...draw, events: [undone('x', 'none')] }, 'events[0].of'],
  [
    'draw',
    { ...draw, events: [{ type: 'fee', id: 'f', ...five }, undone('x', 'f'), undone('y', 'x')] },
    'events[2].of',
  ],
  ['draw', { ...draw, limit: '9', events: [{ type: 'fee', id: 'a', ...five }, drawnAs('a.b[0]')] }, 'events[1].amount'],
  ['draw', { ...draw, limit: '9', events: [drawnAs('')] }, 'events[0].amount'],
  ['revolving', { ...line, events: [{ ...spent, id: 'p' }, undone('x', 'p'), undone('y', 'x')] }, 'events[2].of'],
  ['revolving', { ...line, asOf: null, events: [{ ...spent, on: '2023-01-01' }] }, 'events[0].on'],
  ['revolving', { ...line, statementDay: 31 }, 'statementDay'],
  ['revolving', { ...line, balances: {} }, 'balances.purchase'],
  ['revolving', { ...line, minimum: { percent: '100.01' } }, 'minimum.percent'],
  ['revolving', { ...line, minimum: { percent: '-1' } }, 'minimum.percent'],
  ['revolving', { ...line, balances: { purchase: { grace: true } } }, 'balances.purchase.annualRatePercent'],
  ['revolving', { ...line, balances: { purchase: yearly('-1') } }, 'balances.purchase.annualRatePercent'],
  [
    'revolving',
    { ...line, balances: { purchase: { ...yearly('1'), changes: [{ from: '2024-02-01', dailyRatePercent: '-1' }] } } },
    'balances.purchase.changes[0].dailyRatePercent',
  ],
  [
    'revolving',
    { ...line, events: [{ ...spent, promotion: { dailyRatePercent: '-1', until: '2024-03-01' } }] },
    'events[0].promotion.dailyRatePercent',
  ],
  [
    'revolving',
    { ...line, events: [spent, { ...spent, type: 'convert', of: 'e1', instalments: 3, feePercent: '-1' }] },
    'events[1].feePercent',
  ],
  ['revolving', { ...line, daysInYear: 364 }, 'daysInYear'],
  ['revolving', { ...line, events: [{ type: 'payment', on: '2023-12-31', amount: '1' }] }, 'events[0].on'],
  ['revolving', { ...line, events: [{ type: 'fee', of: 'x', on: '2024-01-31', amount: '1' }] }, 'events[0].of'],
  ['revolving', { ...line, events: [{ type: 'refund', of: 'x', on: '2024-01-31', amount: '1' }] }, 'events[0].of'],
]

for (const [command, input, field] of wrong) {
  test(`calc ${command}: exit code 2, naming ${field}`, () => {
    const outcome = runCalc(command, JSON.stringify(input))
    assert.equal(outcome.exitCode, 2)
    assert.equal(outcome.stdout, '')
    assert.ok(outcome.stderr.startsWith(`${field}: `), outcome.stderr)
  })
}

test('a refusal speaks of amounts as they are written, and names its field once', () => {
  const drawn = (amount: string) => ({ type: 'draw', on: '2024-01-01', amount })
  const bought = { type: 'purchase', id: 'tv', on: '2024-01-10', amount: '1000.00' }
  const converted = { type: 'convert', of: 'tv', on: '2024-01-12', amount: '1000.01', instalments: 3 }
  const lent = { principal: '100', instalments: 1, annualRatePercent: '12', disbursedOn: '2024-01-01' }
  const waived = { type: 'waiver', on: '2024-01-12', component: 'interest', amount: '5' }
  const returned = { type: 'credit-refund', on: '2024-01-12', amount: '5' }
  const told: [string, object, string][] = [
    [
      'draw',
      { ...draw, limit: '1000', events: [drawn('300000')] },
      'events[0].amount: 1000.00 is available, not 300000.00',
    ],
    ['revolving', { ...line, events: [bought, converted] }, 'events[1].amount: only 1000.00 is owed of it'],
    [
      'revolving',
      { ...line, events: [bought, { type: 'payment', on: '2024-01-11', amount: '1004.00' }, returned] },
      'events[2].amount: the credit is 4.00',
    ],
    ['revolving', { ...line, statementDay: 31 }, 'statementDay: must be a whole number from 1 to 28'],
    [
      'revolving',
      { ...line, hierarchy: { first: ['purchase', 'charges'] } },
      'hierarchy.first[1]: must be one of purchase, penalty, fee, interest, instalment',
    ],
    [
      'schedule',
      { principal: '1', instalments: 1, annualRatePercent: '-1', disbursedOn: '2024-01-01' },
      'annualRatePercent: must not be negative',
    ],
    ['schedule', { ...lent, events: [waived] }, 'events[0].amount: only 1.00 of interest is owed'],
    ['schedule', { ...lent, events: [{ ...waived, amount: '0' }] }, 'events[0].amount: must be above zero'],
    [
      'draw',
      { ...draw, events: [{ ...drawn('1'), dailyRatePercent: '-1' }] },
      'events[0].dailyRatePercent: is below zero',
    ],
  ]
  for (const [command, input, said] of told) assert.equal(runCalc(command, JSON.stringify(input)).stderr, `${said}\n`)
})

test('where there is no limit nothing is said to be available, nor where there was one that a reversal undid', () => {
  const limited = { id: 'l', type: 'limit-change', on: '2024-01-02', limit: '900.00' }
  const available = (asOf: string) => {
    const events = [
      { type: 'draw', on: '2024-01-01', amount: '100.00' },
      limited,
      { type: 'reversal', on: '2024-01-03', of: 'l' },
    ]
    const asked = { currency: 'CNY', dailyRatePercent: '0.05', events, asOf }
    return JSON.parse(runCalc('draw', JSON.stringify(asked)).stdout).totals.available
  }
  assert.deepEqual([available('2024-01-01'), available('2024-01-02'), available('2024-01-03')], [null, '800.00', null])
})

test('credit beyond the debt of a line is no debt below zero', () => {
  const paid = { type: 'payment', on: '2024-01-11', amount: '7' }
  const { payoff, totals } = JSON.parse(runCalc('revolving', JSON.stringify({ ...line, events: [spent, paid] })).stdout)
  assert.deepEqual([payoff.amount, totals.creditBalance], ['0.00', '2.00'])
})

test('what is not JSON, and a command that does not exist, are refused', () => {
  assert.deepEqual([runCalc('rate', '{').exitCode, runCalc('rate', '').exitCode], [2, 2])
  assert.match(runCalc('rates', '{}').stderr, /^subcommand: must be one of schedule, allocate, explain, rate/)
  assert.equal(runCalc('constructor', '{}').exitCode, 2)
})

test('in an array the wrong element alone is an error', () => {
  const outcome = runCalc('rate', JSON.stringify([rate, { ...rate, convention: 'apr' }, rate]))
  assert.equal(outcome.exitCode, 2)
  assert.match(outcome.stderr, /^\[1\]\.convention: /)
  const [first, second, third] = JSON.parse(outcome.stdout)
  assert.deepEqual(first, third)
  assert.equal(second.error.field, 'convention')
  assert.deepEqual(JSON.parse(runCalc('rate', '[]').stdout), [])
})
