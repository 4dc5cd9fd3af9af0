/**
 * Examples of the European Commission: G. Soto, "Examples for the calculation of the annual percentage rate of charge"
 * (DG FISMA, January 2015, Markt/2014/107/H3); its formula is that of Directives 2008/48, 2014/17 and 2023/2225. Rates
 * are published to six decimals; amounts that its tables round at each month are rebuilt by the rule it states.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Flow, trueRate } from './index.ts'
import { at, on } from './testing/flows.ts'

const MORTGAGE = [at('0', '200000')]
const FEE = at('0', '4000')
const months = (from: number, amount: string, count = 1) => at(`${from}/12`, amount, count)

/** Interest on the balance at a monthly rate beside a repayment of capital: the payment of each month. */
function payments(
  owed: number,
  fromMonth: number,
  toMonth: number,
  monthlyRate: number,
  capital: (owed: number, month: number) => number,
): { flows: Flow[]; owed: number } {
  const flows: Flow[] = []
  let balance = owed
  for (let month = fromMonth; month <= toMonth && balance > 1e-9; month++) {
    const repaid = Math.min(capital(balance, month), balance)
    flows.push(months(month, (repaid + balance * monthlyRate).toFixed(2)))
    balance -= repaid
  }
  return { flows, owed: balance }
}

const nominal6 = 0.06 / 12
const effective = (rate: number) => (1 + rate) ** (1 / 12) - 1
const indexed = (first: number, growth: number) =>
  Array.from({ length: 20 }, (_, year) => months(12 * year + 1, (first * growth ** year).toFixed(2), 12))

const decliningMinimum = payments(200_000, 1, 400, nominal6, (owed) => Math.max(owed * 0.02, 100)).flows
const fifteenYears = payments(200_000, 1, 179, nominal6, (owed) => Math.max(owed * 0.02, 100))
const totalMinimum = payments(200_000, 1, 400, nominal6, (owed) => Math.max(owed * 1.005 * 0.02, 300) - owed * nominal6)
const tenCosts = payments(200_000, 1, 240, nominal6, () => 200_000 / 240).flows
const graceLine = payments(30_000, 61, 180, effective(0.07), () => 250).flows
const graceLineHigh = payments(30_000, 61, 180, effective(0.0839), () => 250).flows
const drawnInParts = (last: number) => {
  const first = payments(7_500, 1, 3, effective(0.07), () => 625)
  const second = payments(first.owed + 7_500, 4, 6, effective(0.07), () => 625 + 7_500 / 9)
  const third = payments(second.owed + 15_000, 7, 12, effective(last), () => 625 + 7_500 / 9 + 2_500)
  return [...first.flows, ...second.flows, ...third.flows]
}
const cardRepaid = (amount: number) => payments(amount, 1, 12, effective(0.09), () => amount / 12).flows
const year = payments(30_000, 1, 6, effective(0.07), () => 2_500)
const yearRaised = [...year.flows, ...payments(year.owed, 7, 12, effective(0.0839), () => 2_500).flows]
const overrun = payments(1_500, 1, 9, effective(0.075), () => 1_500 / 9).flows
const overrunAgain = payments(1_500, 10, 12, effective(0.075), () => 500).flows

const examples: [example: string, advances: Flow[], payments: Flow[], published: string][] = [
  ['1: equal instalments, 2 % up front', MORTGAGE, [FEE, months(1, '1432.86', 240)], '6.434412'],
  ['3: with home insurance', MORTGAGE, [FEE, months(1, '1449.53', 240)], '6.588554'],
  ['4: with payment protection', MORTGAGE, [FEE, months(1, '1599.53', 240)], '7.946625'],
  ['5: protection financed', MORTGAGE, [FEE, months(1, '1490.18', 240)], '6.961575'],
  ['6: exit cost', MORTGAGE, [FEE, months(1, '1432.86', 240), at('20', '100')], '6.436359'],
  ['7: balloon', MORTGAGE, [FEE, months(1, '1199.10', 180), at('15', '142097.69')], '6.409523'],
  ['8: interest only', MORTGAGE, [FEE, months(1, '1166.67', 240), at('20', '200000')], '7.430479'],
  [
    '8: interest only, highest rate',
    MORTGAGE,
    [FEE, months(1, '1166.67', 6), months(7, '1398.33', 234), at('20', '200000')],
    '8.869280',
  ],
  ['9: instalments up 3 % a year', MORTGAGE, [FEE, ...indexed(1130.33, 1.03)], '6.406400'],
  ['10: instalments down 3 % a year', MORTGAGE, [FEE, ...indexed(1778.58, 0.97)], '6.468360'],
  ['11: fixed amount until repaid', MORTGAGE, [FEE, months(1, '1500', 220), months(221, '407.70')], '6.452756'],
  [
    '12: interest plus fixed capital',
    MORTGAGE,
    [FEE, ...payments(200_000, 1, 300, nominal6, () => 900).flows],
    '6.492533',
  ],
  ['13: equal capital', MORTGAGE, [FEE, ...payments(200_000, 1, 240, nominal6, () => 200_000 / 240).flows], '6.476009'],
  ['14: 2 % of the balance, minimum 100', MORTGAGE, [FEE, ...decliningMinimum], '6.818859'],
  ['15: 2 % of balance and interest, minimum 300', MORTGAGE, [FEE, ...totalMinimum.flows], '6.695965'],
  [
    '17: 15 years with a clearing payment',
    MORTGAGE,
    [FEE, ...fifteenYears.flows, months(180, (fifteenYears.owed * 1.005).toFixed(2))],
    '6.822923',
  ],
  [
    '19: ten costs of 100',
    MORTGAGE,
    [FEE, ...tenCosts, ...Array.from({ length: 10 }, (_, k) => months(24 * k + 1, '100'))],
    '6.523259',
  ],
  ['20: two years at a discount', MORTGAGE, [FEE, months(1, '1319.91', 24), months(25, '1423.41', 216)], '6.190654'],
  ['21: fixed then variable', MORTGAGE, [FEE, months(1, '1319.91', 9), months(10, '1374.06', 231)], '5.853526'],
  ['21: highest rate', MORTGAGE, [FEE, months(1, '1319.91', 9), months(10, '1530.61', 231)], '7.199734'],
  ['22 case 1: cap', MORTGAGE, [FEE, months(1, '1349.91', 9), months(10, '1404.06', 231)], '6.134668'],
  ['22 case 1: cap reached', MORTGAGE, [FEE, months(1, '1349.91', 9), months(10, '1515.81', 231)], '7.093592'],
  ['22 case 2: higher cap', MORTGAGE, [FEE, months(1, '1339.91', 9), months(10, '1394.06', 231)], '6.041228'],
  ['22 case 2: highest rate', MORTGAGE, [FEE, months(1, '1339.91', 9), months(10, '1550.61', 231)], '7.379073'],
  ['23: new rate open', MORTGAGE, [FEE, months(1, '1319.91', 240)], '5.370286'],
  ['23: highest fixed rate', MORTGAGE, [FEE, months(1, '1319.91', 9), months(10, '1578.43', 231)], '7.597578'],
  ['24: renegotiable after 5 years', MORTGAGE, [FEE, months(1, '1319.91', 60), at('5', '166909.73')], '5.635609'],
  ['26: 15 years, variable', MORTGAGE, [FEE, months(1, '1660.94', 180)], '6.237362'],
  ['26: highest rate', MORTGAGE, [FEE, months(1, '1660.94', 6), months(7, '1734.38', 174)], '6.925014'],
  ['27: deposit kept back', [at('0', '170000')], [at('0', '3400'), months(1, '1217.93', 240)], '6.434402'],
  ['28: foreign currency', MORTGAGE, [at('0', '4008'), months(1, '1322.55', 240)], '5.396096'],
  ['29: foreign currency, capped', MORTGAGE, [at('0', '4008'), months(1, '1352.61', 240)], '5.682613'],
  [
    '30: line with five years of grace',
    [at('0', '30000')],
    [at('0', '600'), months(1, '169.62', 60), ...graceLine],
    '7.302956',
  ],
  [
    '30: highest rate',
    [at('0', '30000')],
    [at('0', '600'), months(1, '169.62', 6), months(7, '202.09', 54), ...graceLineHigh],
    '8.611320',
  ],
  [
    '31: open-end line, twelve months',
    [at('0', '30000')],
    [at('0', '600'), ...payments(30_000, 1, 12, effective(0.07), () => 2_500).flows],
    '11.164789',
  ],
  ['31: highest rate from month 7', [at('0', '30000')], [at('0', '600'), ...yearRaised], '11.542158'],
  [
    '32: drawn in three parts',
    [at('0', '7500'), at('3/12', '7500'), at('6/12', '15000')],
    [at('0', '600'), ...drawnInParts(0.07)],
    '13.063818',
  ],
  [
    '32: drawn in three parts, highest rate',
    [at('0', '7500'), at('3/12', '7500'), at('6/12', '15000')],
    [at('0', '600'), ...drawnInParts(0.0839)],
    '13.945824',
  ],
  [
    '33: highest rate from the start',
    [at('0', '30000')],
    [at('0', '600'), ...payments(30_000, 1, 12, effective(0.0839), () => 2_500).flows],
    '12.625685',
  ],
  ['34: drawn twice', [at('0', '1500'), at('9/12', '1500')], [at('0', '30'), ...overrun, ...overrunAgain], '11.415822'],
  ['35: card, one cost', [at('0', '3000')], [at('0', '60'), at('3/12', '100'), at('1', '3000')], '5.583621'],
  ['36: card with a cost', [at('0', '3000')], [at('0', '60'), at('1/12', '25'), ...cardRepaid(3_000)], '15.106270'],
  ['37: card, lower limit', [at('0', '1500')], [at('0', '30'), at('1/12', '25'), ...cardRepaid(1_500)], '17.0'],
  ['38: overdraft of 3 months', [at('0', '3000')], [at('0', '60'), months(1, '24.12', 3), at('3/12', '3000')], '19.4'],
  ['39: overdraft of 6 months', [at('0', '3000')], [at('0', '60'), at('6/12', '3132.09')], '13.494231'],
  ['40: bridging loan', MORTGAGE, [FEE, at('6/12', '207618.17')], '12.206644'],
  ['41: bridging loan, interest retained', MORTGAGE, [FEE, at('0', '7500'), at('6/12', '200000')], '12.573788'],
  ['42: bridging loan of a year', MORTGAGE, [FEE, months(1, '1250', 12), at('1', '200000')], '10.039962'],
  [
    '43: a fee a year before',
    [at('0', '30000')],
    [at('-1', '150'), at('0', '450'), months(1, '356.11', 120)],
    '8.269278',
  ],
  [
    '44: shared equity',
    MORTGAGE,
    [FEE, months(1, '1111.11', 60), months(61, '1349.94', 120), at('15', '32075.08')],
    '3.470057',
  ],
  // Dates: months or years counted back, then days over the length of the year that ends there.
  [
    '2 case 1: 12 January 2012, then the 15ths',
    [on('2012-01-12', '200000')],
    [on('2012-01-12', '4000'), on('2012-02-15', '1433.57', 240)],
    '6.434185',
  ],
  [
    '2 case 2: three days of a leap year',
    [on('2013-01-12', '200000')],
    [on('2013-01-12', '4000'), on('2013-02-15', '1433.56', 240)],
    '6.434111',
  ],
  [
    '2 case 3: 34 days, then years',
    [on('2012-01-12', '200000')],
    [on('2012-01-12', '4000'), on('2012-02-15', '16541.86', 20, { n: 1, unit: 'year' })],
    '6.282070',
  ],
  [
    '18 case 2: 12 March to 1 May 2012',
    [on('2012-03-12', '200000')],
    [on('2012-03-12', '4000'), on('2012-05-01', '1437.54', 240)],
    '6.432478',
  ],
  [
    '18 case 1: shortest first period, 14 days',
    [on('2011-02-15', '200000')],
    [on('2011-02-15', '4000'), on('2011-03-01', '1429.01', 240)],
    '6.435937',
  ],
]

for (const [example, advances, made, published] of examples) {
  test(`Commission example ${example}: ${published} %`, () => {
    const rate = trueRate('eu-aprc', { advances, payments: made })
    // Two examples carry interest beyond the cent, which amounts cannot: their one decimal is compared.
    if (published.length > 6) assert.equal(rate.ratePercent, Number(published).toFixed(4))
    assert.equal(rate.display, Number(published).toFixed(1))
  })
}

/** Directive 98/7/EC, Annex III (standard years): the four equations; rates to two decimals there. */
const standardYears: [payments: Flow[], kept: string, published: string][] = [
  [[at('3/2', '1200')], '0', '12.92'],
  [[at('3/2', '1200')], '50', '16.85'],
  [[at('1', '600'), at('2', '600')], '0', '13.07'],
  [[at('1/4', '272'), at('1/2', '272'), at('1', '544')], '0', '13.19'],
]

for (const [made, kept, published] of standardYears) {
  test(`Directive 98/7, 1000 less ${kept} against ${made.length} payments: ${published} %`, () => {
    const paid = kept === '0' ? made : [at('0', kept), ...made]
    const { ratePercent } = trueRate('eu-aprc', { advances: [at('0', '1000')], payments: paid })
    assert.equal(Number(ratePercent).toFixed(2), published)
  })
}
