/** Runs the worked examples of docs/calc-rates.md, and asks what the command does with wrong input. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runCalc } from './main.ts'

const page = readFileSync(new URL('../../docs/calc-rates.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```json calc (\w+)\n([\s\S]*?)```\n```json answer\n([\s\S]*?)```/g)]

test('the page has examples of each command', () => {
  assert.deepEqual(new Set(examples.map(([, command]) => command)), new Set(['rate', 'draw', 'revolving']))
})

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
  ['draw', { ...draw, events: [] }, 'asOf'],
  ['revolving', { ...line, statementDay: 31 }, 'statementDay'],
  ['revolving', { ...line, balances: {} }, 'balances.purchase'],
  ['revolving', { ...line, balances: { purchase: { grace: true } } }, 'balances.purchase.annualRatePercent'],
  ['revolving', { ...line, daysInYear: 364 }, 'daysInYear'],
  ['revolving', { ...line, events: [{ type: 'payment', on: '2023-12-31', amount: '1' }] }, 'events[0].on'],
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
