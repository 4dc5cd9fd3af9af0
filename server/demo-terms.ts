/** Terms of the demo programs: a monthly bill with instalments as malls offer them, and a card with a minimum payment. */
import type { ProgramTermsJson } from './programs/types.ts'

/** Up to 40 days free: the statement on the 3rd, due on the 13th. Flat fee of 0.5 % a bill, as such products charge. */
export function baitiaoTerms(shares: readonly { funderId: string; basisPoints: number }[]): ProgramTermsJson {
  const flat = (instalments: number) => ({
    code: `${instalments}x`,
    method: 'flat' as const,
    instalments,
    rate: { per: 'period' as const, percent: '0.5' },
    paidBy: 'customer' as const,
    minAmount: 10_000n,
  })
  return {
    currency: 'CNY',
    rulePack: 'cn',
    lenderType: 'consumer-finance',
    limit: { min: 50_000n, max: 20_000_000n, initial: 800_000n },
    cycle: { statementDay: 3, dueDay: 13 },
    plans: [
      {
        code: 'pay-later',
        method: 'bullet',
        instalments: 1,
        rate: { per: 'period', percent: '0' },
        paidBy: 'customer',
      },
      flat(3),
      flat(6),
      flat(12),
      flat(24),
      {
        code: '3x-free',
        method: 'flat',
        instalments: 3,
        rate: { per: 'period', percent: '0.5' },
        paidBy: 'merchant',
        minAmount: 10_000n,
      },
      {
        code: '12x-daily',
        method: 'equal-instalment',
        instalments: 12,
        rate: { per: 'year', percent: '10.95' },
        paidBy: 'customer',
        minAmount: 10_000n,
      },
      {
        code: '36x',
        method: 'equal-principal',
        instalments: 36,
        rate: { per: 'year', percent: '10.95' },
        paidBy: 'customer',
        minAmount: 100_000n,
      },
    ],
    lateCharge: { graceDays: 3, percent: '5', floor: 500n, ceiling: 10_000n },
    merchantFeePercent: '0.8',
    refundSurplus: 'credit',
    funding: { shares: [...shares], serviceFeeBasisPoints: 2_000 },
    suspendAfterDays: 4,
    writeOffAfterDays: 180,
  }
}

/** Up to 50 days free: the statement on the 5th, due on the 25th; a tenth may be paid and the rest carried over. */
export function cardTerms(): ProgramTermsJson {
  return {
    currency: 'CNY',
    rulePack: 'cn',
    lenderType: 'bank',
    limit: { min: 100_000n, max: 10_000_000n, initial: 1_000_000n },
    cycle: { statementDay: 5, dueDay: 25 },
    plans: [
      {
        code: 'pay-later',
        method: 'bullet',
        instalments: 1,
        rate: { per: 'period', percent: '0' },
        paidBy: 'customer',
      },
      {
        code: '12x',
        method: 'equal-instalment',
        instalments: 12,
        rate: { per: 'year', percent: '13.14' },
        paidBy: 'customer',
        minAmount: 50_000n,
      },
    ],
    minimumPayment: { percent: '10', floor: 5_000n, revolvingDailyPercent: '0.05' },
    lateCharge: { graceDays: 3, percent: '5', floor: 1_000n, ceiling: 50_000n },
    merchantFeePercent: '0.6',
    suspendAfterDays: 30,
  }
}
