/** A plain product that tests change where their rule needs it. */
import type { Plan, ProgramTerms } from './terms.ts'

export function planOf(changes: Partial<Plan> = {}): Plan {
  return {
    code: 'plan',
    method: 'flat',
    instalments: 3,
    rate: { per: 'period', percent: '0.5' },
    paidBy: 'customer',
    minAmount: 0n,
    maxAmount: null,
    ...changes,
  }
}

export const payLater: Plan = planOf({
  code: 'pay-later',
  method: 'bullet',
  instalments: 1,
  rate: { per: 'period', percent: '0' },
})

/** Statement on the 3rd, due on the 13th; the late charge is 5 %, at least 5.00, at most 100.00. */
export function termsOf(changes: Partial<ProgramTerms> = {}): ProgramTerms {
  return {
    currency: 'CNY',
    rulePack: 'cn',
    lenderType: 'consumer-finance',
    limit: { min: 50_000n, max: 20_000_000n, initial: 800_000n },
    cycle: { statementDay: 3, dueDay: 13 },
    plans: [payLater],
    minimumPayment: null,
    lateCharge: { graceDays: 3, percent: '5', floor: 500n, ceiling: 10_000n },
    allocation: ['penalty', 'fee', 'interest', 'principal'],
    rounding: 'half-even',
    merchantFeePercent: '0.8',
    refundsReturnFee: true,
    refundSurplus: 'credit',
    holdDays: 7,
    funding: { shares: [], serviceFeeBasisPoints: 0 },
    suspendAfterDays: 4,
    writeOffAfterDays: 180,
    ...changes,
  }
}

export const cardMinimum = { percent: '10', floor: 5_000n, revolvingDailyPercent: '0.05' }
