/**
 * Speed of rates: `npx node bench/rates.ts`. The peer is bisection on the same flows to the same fourteen digits, which
 * is what a rate costs when it is sought without its derivative.
 */

import { drawsOn } from '../core/draws/index.ts'
import { irr, irrOf, trueRate } from '../core/rates/index.ts'
import { revolvingOn } from '../core/revolving/index.ts'

const TARGET_PER_SECOND = 100_000
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

function perSecond(work: () => unknown, seconds = 0.5): number {
  for (let warm = 0; warm < 2_000; warm++) work()
  const start = performance.now()
  let done = 0
  while (performance.now() - start < seconds * 1_000) {
    for (let k = 0; k < 100; k++) work()
    done += 100
  }
  return (done * 1_000) / (performance.now() - start)
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

const rows: [name: string, rate: number, peer: number | null][] = [
  ['irr, 12 payments', perSecond(() => irr(loan)), perSecond(() => bisection(loanNumbers))],
  ['irr, 360 payments', perSecond(() => irrOf(mortgage)), perSecond(() => bisection(mortgage))],
  ['trueRate eu-aprc, 12 dated payments', perSecond(() => trueRate('eu-aprc', dated)), null],
  ['trueRate us-reg-z, 12 dated payments', perSecond(() => trueRate('us-reg-z', dated)), null],
  ['trueRate cn-irr, 12 dated payments', perSecond(() => trueRate('cn-irr', dated)), null],
  ['revolving, a year with 60 events', perSecond(() => revolvingOn(line, cardUse, '2024-12-31')), null],
  ['draws, 30 draws and 30 repayments', perSecond(() => drawsOn(facility, drawUse, '2024-12-31')), null],
]

for (const [name, rate, peer] of rows) {
  const micros = (1e6 / rate).toFixed(2)
  const ratio = peer === null ? '' : `  ${(rate / peer).toFixed(1)} x bisection`
  console.log(
    `${name.padEnd(40)} ${Math.round(rate).toLocaleString('en').padStart(12)}/s ${micros.padStart(10)} µs${ratio}`,
  )
}
const irrRate = rows[0]![1]
console.log(
  `irr of a 12-instalment loan: ${(irrRate / TARGET_PER_SECOND).toFixed(1)} x the target of ${TARGET_PER_SECOND}/s`,
)
