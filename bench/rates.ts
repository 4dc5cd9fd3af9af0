/**
 * Speed of rates: `npm run bench -- rates`. The peer is bisection on the same flows to the same fourteen digits, which
 * is what a rate costs when it is sought without its derivative.
 */

import { drawsOn } from '../core/draws/index.ts'
import { irr, irrOf, trueRate } from '../core/rates/index.ts'
import { revolvingOn } from '../core/revolving/index.ts'
import { microsecondsEach, perSecondText, type Work } from './harness/processor-time.ts'

const goal = 100_000
const loan = [-9_900_000n, ...Array<bigint>(12).fill(883_330n)]
const loanNumbers = loan.map(Number)
const mortgage = [-20_000_000, ...Array<number>(360).fill(119_910)]

function bisection(flows: readonly number[]): number {
  let [low, high] = [-0.9, 10]
  while (high - low > 1e-14) {
    const rate = (low + high) / 2
    let present = 0
    for (let k = flows.length - 1; k >= 0; k--) present = present / (1 + rate) + flows[k]!
    if (present > 0) low = rate
    else high = rate
    if (rate === low && rate === high) break
  }
  return low
}

const dated = {
  advances: [{ amount: 9_900_000n, on: '2024-01-01' }],
  payments: Array.from({ length: 12 }, (_, k) => ({
    amount: 883_330n,
    on: Temporal.PlainDate.from('2024-01-01')
      .add({ months: k + 1 })
      .toString(),
  })),
}
const year = Array.from({ length: 60 }, (_, k) => ({
  id: `p${k}`,
  on: Temporal.PlainDate.from('2024-01-02')
    .add({ days: 6 * k })
    .toString(),
}))
const line = {
  currency: 'CNY',
  cycle: { statementDay: 5, dueDay: 25 },
  openedOn: '2024-01-01',
  balances: { purchase: { rate: { percent: '0.05', per: 'day' }, grace: true } },
  daysInYear: 365,
  interestFrom: 'posting',
  graceLost: 'whole',
  graceRegainedAfter: 1,
  minimum: { percent: '10', floor: 5_000n },
  hierarchy: { first: ['fee', 'interest'], rest: 'oldest', billedFirst: true, minimumToLowestRate: false },
  rounding: 'half-even',
} as const
const cardUse = year.map(
  (event, k) => ({ ...event, type: k % 5 === 4 ? 'payment' : 'purchase', amount: 12_345n }) as const,
)
const facility = {
  currency: 'CNY',
  limit: 10n ** 12n,
  dailyRatePercent: '0.048',
  overdueDailyRatePercent: null,
  order: 'oldest',
  interest: 'first',
  rounding: 'half-even',
} as const
const drawUse = year.map(
  (event, k) => ({ ...event, type: k % 2 === 1 ? 'repayment' : 'draw', amount: 1_000_000n }) as const,
)

const works: (Work & { readonly peer?: string })[] = [
  { name: 'irr, 12 payments', run: () => irr(loan), peer: 'bisection, 12 payments' },
  { name: 'bisection, 12 payments', run: () => bisection(loanNumbers) },
  { name: 'irr, 360 payments', run: () => irrOf(mortgage), peer: 'bisection, 360 payments' },
  { name: 'bisection, 360 payments', run: () => bisection(mortgage) },
  { name: 'trueRate eu-aprc, 12 dated payments', run: () => trueRate('eu-aprc', dated) },
  { name: 'trueRate us-reg-z, 12 dated payments', run: () => trueRate('us-reg-z', dated) },
  { name: 'trueRate cn-irr, 12 dated payments', run: () => trueRate('cn-irr', dated) },
  { name: 'revolving, a year with 60 events', run: () => revolvingOn(line, cardUse, '2024-12-31') },
  { name: 'draws, 30 draws and 30 repayments', run: () => drawsOn(facility, drawUse, '2024-12-31') },
]
const each = microsecondsEach(works)
works.forEach(({ name, peer }, at) => {
  const beside = works.findIndex((work) => work.name === peer)
  const ratio = beside < 0 ? '' : `  ${(each[beside]! / each[at]!).toFixed(1)} × bisection`
  console.log(
    `${name.padEnd(40)} ${perSecondText(each[at]!).padStart(14)} ${each[at]!.toFixed(2).padStart(10)} µs${ratio}`,
  )
})
const ofGoal = (1e6 / each[0]! / goal).toFixed(1)
console.log(`irr of a 12-instalment loan: ${ofGoal} × the goal of ${goal}/s`)
