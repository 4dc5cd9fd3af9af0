/** Published rates of spreadsheets, textbooks, authorities and lenders. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { annualRates, type CostedLoan, conventions, type Flow, irr, irrOf, loanRate, trueRate } from './index.ts'
import { at, cents, MONTHLY, on } from './testing/flows.ts'

test("People's Bank of China [2021] No. 3: 100,000 less 1,000 against 12 × 8,833.3 is 13.58 %, simply 12.80 %", () => {
  const advances = [on('2021-04-01', '100000')]
  const payments = [on('2021-04-01', '1000'), on('2021-05-01', '8833.3', 12)]
  assert.equal(trueRate('cn-irr', { advances, payments }).display, '13.58')
  assert.equal(trueRate('cn-simple', { advances, payments }).display, '12.80')
  const flows = [cents('-99000'), ...Array.from({ length: 12 }, () => cents('8833.3'))]
  assert.deepEqual(annualRates(irr(flows), 12), { irrPercent: '13.5826', simplePercent: '12.8038' })
})

/** Microsoft and NumPy-Financial references of IRR and RATE, Brealey-Myers, Lorie-Savage. Per period, in percent. */
const periodic: [source: string, flows: number[], percent: string][] = [
  ['Excel IRR, five years', [-70000, 12000, 15000, 18000, 21000, 26000], '8.6631'],
  ['Excel IRR, four years', [-70000, 12000, 15000, 18000, 21000], '-2.1245'],
  ['Excel IRR, two years', [-70000, 12000, 15000], '-44.3507'],
  ['Excel RATE(48, -200, 8000)', [8000, ...Array<number>(48).fill(-200)], '0.7701'],
  ['numpy-financial irr 1', [-100, 39, 59, 55, 20], '28.0948'],
  ['numpy-financial irr 2', [-100, 0, 0, 74], '-9.5496'],
  ['numpy-financial irr 4', [-100, 100, 0, 7], '6.2058'],
  ['numpy-financial irr 5', [-5, 10.5, 1, -8, 1], '8.8598'],
  ['Wikipedia, Internal rate of return', [-123400, 36200, 54800, 48100], '5.9616'],
  ['Brealey-Myers, chapter 5', [-4000, 2000, 4000], '28.0776'],
  ['a loan given and repaid without interest', [-1200, 300, 300, 300, 300], '0.0000'],
  ['borrower and lender see one rate', [100, -60, -60], '13.0662'],
]

for (const [source, flows, percent] of periodic) {
  test(`${source}: ${percent} % a period`, () => {
    assert.equal((irrOf(flows) * 100).toFixed(4).replace('-0.0000', '0.0000'), percent)
  })
}

test('XIRR of the Excel reference: 37.34 %', () => {
  const payments = [
    on('2008-03-01', '2750'),
    on('2008-10-30', '4250'),
    on('2009-02-15', '3250'),
    on('2009-04-01', '2750'),
  ]
  const rate = trueRate('xirr', { advances: [on('2008-01-01', '10000')], payments })
  assert.deepEqual(rate, { ratePercent: '37.3363', display: '37.34', multiple: false })
})

/** Standard mortgage and instalment tables: the payment per month, rounded to the cent, gives back its nominal rate. */
const annuities: [principal: string, months: number, payment: string, nominal: string][] = [
  ['100000', 360, '477.42', '4.00'],
  ['100000', 360, '506.69', '4.50'],
  ['100000', 360, '536.82', '5.00'],
  ['100000', 360, '567.79', '5.50'],
  ['100000', 360, '599.55', '6.00'],
  ['100000', 360, '632.07', '6.50'],
  ['100000', 360, '665.30', '7.00'],
  ['100000', 360, '699.21', '7.50'],
  ['100000', 360, '733.76', '8.00'],
  ['100000', 360, '804.62', '9.00'],
  ['100000', 360, '877.57', '10.00'],
  ['100000', 180, '739.69', '4.00'],
  ['100000', 180, '790.79', '5.00'],
  ['100000', 180, '843.86', '6.00'],
  ['100000', 180, '898.83', '7.00'],
  ['100000', 180, '955.65', '8.00'],
  ['200000', 360, '1199.10', '6.00'],
  ['200000', 240, '1432.86', '6.00'],
  ['200000', 240, '1319.91', '5.00'],
  ['20000', 60, '377.42', '5.00'],
  ['20000', 60, '386.66', '6.00'],
  ['25000', 60, '495.03', '7.00'],
  ['10000', 12, '888.49', '12.00'],
  ['10000', 24, '470.73', '12.00'],
  ['10000', 36, '332.14', '12.00'],
]

for (const [principal, count, payment, nominal] of annuities) {
  test(`${principal} in ${count} months of ${payment} bears ${nominal} %`, () => {
    const input = { advances: [at('0', principal)], payments: [at('1/12', payment, count)] }
    assert.equal(trueRate('us-reg-z', input).display, nominal)
    assert.equal(trueRate('cn-simple', input).display, nominal)
  })
}

/**
 * Short UK loans, one payment after so many days of a year of 365.25 (CONC App 1.1.10 R (6)(b)): test cases of
 * S. Haunts, UK-APR-Calculator, the last three after the Consumer Finance Association.
 */
const shortLoans: [advance: string, payment: string, years: string, apr: string][] = [
  ['250', '319.97', '2800/36525', '2400.3'],
  ['350', '447.97', '2300/36525', '4935.9'],
  ['150', '191.99', '3600/36525', '1123.2'],
  ['100', '127.99', '2600/36525', '3103.4'],
  ['280', '358.40', '2500/36525', '3584.2'],
  ['400', '511.96', '3600/36525', '1122.9'],
  ['250', '319.97', '2700/36525', '2716.8'],
  ['150', '191.99', '900/36525', '2238723.9'],
  ['200', '255.98', '2700/36525', '2717.4'],
  ['300', '383.97', '1600/36525', '27865.8'],
  ['364.54', '450', '3000/36525', '1199.0'],
  ['250', '319.98', '1600/36525', '27875.8'],
  ['100', '125', '3100/36525', '1286.2'],
  ['200', '350', '1/12', '82400.5'],
  ['200', '250', '1/12', '1355.2'],
  ['100', '101', '1', '1.0'],
]

for (const [advance, payment, years, apr] of shortLoans) {
  test(`UK: ${advance} against ${payment} after ${years} years is ${apr} %`, () => {
    const input = { advances: [at('0', advance)], payments: [at(years, payment)] }
    assert.equal(trueRate('uk-apr', input).display, apr)
    assert.equal(trueRate('eu-aprc', input).display, apr)
  })
}

test('UK: 10,000 in 60 months of 222.44 is 12.7 % (Consumer Finance Association)', () => {
  const input = { advances: [on('2024-03-31', '10000')], payments: [on('2024-04-30', '222.44', 60)] }
  assert.equal(trueRate('uk-apr', { ...input, unitPeriod: MONTHLY }).display, '12.7')
})

/** Derivable by hand: rate = (payment / advance) to the power 1 / time, less one. */
const byHand: [advance: string, payment: string, years: string, percent: string][] = [
  ['100', '110', '1', '10.0000'],
  ['100', '121', '2', '10.0000'],
  ['100', '133.10', '3', '10.0000'],
  ['100', '90', '1', '-10.0000'],
  ['100', '81', '2', '-10.0000'],
  ['100', '200', '1', '100.0000'],
  ['100', '400', '1/2', '1500.0000'],
  ['100', '110', '1/2', '21.0000'],
  ['100', '101', '1/12', '12.6825'],
  ['100', '100', '1/12', '0.0000'],
  ['100', '10100', '1', '10000.0000'],
  ['0.01', '0.36', '3', '230.1927'],
  ['10000000000000', '11000000000000', '1', '10.0000'],
  ['1000', '1129.50', '1', '12.9500'],
  ['100', '0.01', '1', '-99.9900'],
]

for (const [advance, payment, years, percent] of byHand) {
  test(`${advance} against ${payment} after ${years} years: ${percent} %`, () => {
    const input = { advances: [at('0', advance)], payments: [at(years, payment)] }
    assert.equal(trueRate('eu-aprc', input).ratePercent, percent)
    assert.equal(trueRate('cn-irr', input).ratePercent, percent)
    assert.equal(trueRate('xirr', input).ratePercent, percent)
  })
}

test('from which point times are counted is no matter, and what is paid before the advance counts as on its date', () => {
  for (const start of [0, 50, 150]) {
    const advances = [at(String(start), '100'), at(String(start + 2), '10')]
    const payments = [at(String(start + 1), '80'), at(String(start + 1.5), '25')]
    assert.equal(trueRate('xirr', { advances, payments }).ratePercent, '-4.8798', `from year ${start}`)
  }
  const single = { advances: [at('1/12', '100')], payments: [at('3/12', '101')] }
  assert.equal(trueRate('us-reg-z', single).ratePercent, '6.0000')
  const unitPeriod = { n: 1, unit: 'month' } as const
  const times = { advances: [at('0', '100')], payments: [at('-1/24', '10'), at('1/12', '8', 12)], unitPeriod }
  const dates = {
    advances: [on('2024-01-16', '100')],
    payments: [on('2024-01-01', '10'), on('2024-02-16', '8', 12)],
    unitPeriod,
  }
  assert.deepEqual(trueRate('us-reg-z', times), trueRate('us-reg-z', dates))
})

test('a payment or an advance of nothing changes no rate', () => {
  const plain = { advances: [on('2024-01-10', '1000')], payments: [on('2024-02-10', '90', 12)] }
  const nothing = {
    advances: [on('2024-01-03', '0'), ...plain.advances],
    payments: [on('2024-01-20', '0'), ...plain.payments, on('2024-06-28', '0', 3, { n: 1, unit: 'week' })],
  }
  for (const law of conventions) assert.deepEqual(trueRate(law, nothing), trueRate(law, plain), law)
  const times = { advances: [at('0', '100')], payments: [at('1', '110'), at('1/2', '0')] }
  for (const law of conventions) assert.equal(trueRate(law, times).ratePercent, '10.0000', law)
})

test('simple interest on one payment: 0.048 % a day for 90 days is 17.52 % a year', () => {
  const input = { advances: [on('2024-04-01', '300000')], payments: [on('2024-06-30', '312960')] }
  assert.equal(trueRate('cn-simple', input).ratePercent, '17.5200')
})

test('a rate that ends on an exact five is rounded up, as every one of the laws says', () => {
  const input = (payment: string): { advances: Flow[]; payments: Flow[] } => ({
    advances: [at('0', '1000')],
    payments: [at('1', payment)],
  })
  assert.equal(trueRate('eu-aprc', input('1129.50')).display, '13.0')
  assert.equal(trueRate('eu-aprc', input('1129.40')).display, '12.9')
  assert.equal(trueRate('uk-apr', input('1030.50')).display, '3.1')
})

test('a subsidy lowers the flows, a down payment shortens the advance', () => {
  const plain = { advances: [on('2024-01-01', '1200')], payments: [on('2024-02-01', '106', 12)] }
  const subsidised = { ...plain, payments: [...plain.payments, on('2024-01-01', '-72')] }
  assert.equal(trueRate('cn-irr', subsidised).ratePercent, '0.0000')
  const downPayment = { advances: plain.advances, payments: [on('2024-01-01', '200'), on('2024-02-01', '106', 12)] }
  const smaller = { advances: [on('2024-01-01', '1000')], payments: [on('2024-02-01', '106', 12)] }
  assert.deepEqual(trueRate('eu-aprc', downPayment), trueRate('eu-aprc', smaller))
})

test('each law counts the costs it names: fees always, notary in China, optional insurance and breach nowhere', () => {
  const plain: CostedLoan = {
    principal: cents('1250'),
    downPayment: cents('50'),
    disbursedOn: '2024-01-01',
    payments: Array.from({ length: 12 }, (_, k) => ({
      on: Temporal.PlainDate.from('2024-01-01')
        .add({ months: k + 1 })
        .toString(),
      amount: cents('106'),
    })),
  }
  const cost = (kind: 'fee' | 'notary' | 'optional-insurance' | 'default' | 'subsidy', amount: string): CostedLoan => ({
    ...plain,
    costs: [{ kind, on: '2024-01-01', amount: cents(amount) }],
  })
  const rate = (law: 'cn-irr' | 'eu-aprc' | 'us-reg-z', loan: CostedLoan) => Number(loanRate(law, loan).ratePercent)
  for (const law of ['cn-irr', 'eu-aprc', 'us-reg-z'] as const) {
    assert.ok(rate(law, cost('fee', '12')) > rate(law, plain))
    assert.equal(rate(law, cost('optional-insurance', '12')), rate(law, plain))
    assert.equal(rate(law, cost('default', '12')), rate(law, plain))
    assert.equal(rate(law, cost('subsidy', '72')), 0)
  }
  assert.ok(rate('cn-irr', cost('notary', '12')) > rate('cn-irr', plain))
  assert.equal(rate('eu-aprc', cost('notary', '12')), rate('eu-aprc', plain))
  // 0.5 % of 1,200 a month, flat, is 0.9081 % of what is outstanding.
  assert.equal(rate('cn-irr', plain), 11.4574)
})
