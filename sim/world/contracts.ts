/** The products of a world: as the server is sent them, and in the auditor's words. */
import type { ProgramFacts } from '../auditor/facts.ts'
import type { PlanFacts } from '../auditor/state.ts'
import type { Chance } from './chance.ts'

/** What differs between products and between versions of one. */
export interface Design {
  readonly name: string
  readonly statementDay: number
  readonly dueDay: number
  readonly percentPerBill: string
  readonly percentPerYear: string
  readonly merchantFeePercent: string
  readonly surplus: 'credit' | 'pay-back'
  readonly refundsReturnFee: boolean
  readonly latePercent: string
  readonly graceDays: number
  readonly minimum: ProgramFacts['minimum']
  readonly funders: readonly { readonly id: string; readonly basisPoints: number }[]
}

const capPercent = '24'

function plansOf(design: Design): PlanFacts[] {
  const flat = (instalments: number) => ({
    code: `${instalments}x`,
    method: 'flat' as const,
    instalments,
    percent: design.percentPerBill,
    merchantPays: false,
    leastAmount: 10_000,
  })
  const byDays = (instalments: number) => ({
    ...flat(instalments),
    code: `${instalments}x-daily`,
    method: 'level' as const,
    percent: design.percentPerYear,
  })
  return [
    {
      code: 'pay-later',
      method: design.minimum === null ? 'bullet' : 'carried',
      instalments: 1,
      percent: '0',
      merchantPays: false,
      leastAmount: 0,
    },
    flat(3),
    flat(6),
    flat(12),
    { ...flat(3), code: '3x-free', merchantPays: true },
    byDays(3),
    byDays(6),
    byDays(12),
  ]
}

export function factsOf(design: Design, id: string, version: number): ProgramFacts {
  return {
    id,
    version,
    statementDay: design.statementDay,
    dueDay: design.dueDay,
    plans: plansOf(design),
    firstLimit: 800_000,
    highestLimit: 20_000_000,
    late: { graceDays: design.graceDays, percent: design.latePercent, floor: 500, ceiling: 10_000 },
    minimum: design.minimum,
    capPercent,
    merchantFeePercent: design.merchantFeePercent,
    refundsReturnFee: design.refundsReturnFee,
    surplus: design.surplus,
    holdDays: 5,
    funders: design.funders,
    serviceFeeBasisPoints: 2_000,
    suspendAfterDays: 10,
    writeOffAfterDays: 45,
  }
}

const methodOf = { flat: 'flat', bullet: 'bullet', carried: 'bullet', level: 'equal-instalment' }

export function termsOf(facts: ProgramFacts): object {
  return {
    currency: 'CNY',
    rulePack: 'cn',
    lenderType: 'consumer-finance',
    limit: { min: 50_000, max: facts.highestLimit, initial: facts.firstLimit },
    cycle: { statementDay: facts.statementDay, dueDay: facts.dueDay },
    plans: facts.plans.map((plan) => ({
      code: plan.code,
      method: methodOf[plan.method],
      instalments: plan.instalments,
      rate: { per: plan.method === 'level' ? 'year' : 'period', percent: plan.percent },
      paidBy: plan.merchantPays ? 'merchant' : 'customer',
      minAmount: plan.leastAmount,
    })),
    lateCharge: facts.late,
    ...(facts.minimum === null
      ? {}
      : {
          minimumPayment: {
            percent: facts.minimum.percent,
            floor: facts.minimum.floor,
            revolvingDailyPercent: facts.minimum.dailyPercent,
          },
        }),
    merchantFeePercent: facts.merchantFeePercent,
    refundsReturnFee: facts.refundsReturnFee,
    refundSurplus: facts.surplus,
    holdDays: facts.holdDays,
    funding: {
      shares: facts.funders.map(({ id, basisPoints }) => ({ funderId: id, basisPoints })),
      serviceFeeBasisPoints: facts.serviceFeeBasisPoints,
    },
    suspendAfterDays: facts.suspendAfterDays,
    writeOffAfterDays: facts.writeOffAfterDays,
  }
}

/** Three brands: a mall with two funders, a travel app with a third share of the first one's and its own habits, and a card. */
export function designsOf(chance: Chance, funders: readonly string[]): Design[] {
  const [first, second, third] = funders as [string, string, string]
  return [
    {
      name: 'Mall',
      statementDay: 3,
      dueDay: 13,
      percentPerBill: '0.5',
      percentPerYear: '10.95',
      merchantFeePercent: '0.8',
      surplus: 'credit',
      refundsReturnFee: true,
      latePercent: '5',
      graceDays: 3,
      minimum: null,
      // Thirds, so that nearly every amount leaves a cent over to be placed.
      funders: [
        { id: first, basisPoints: 6_667 },
        { id: second, basisPoints: 3_333 },
      ],
    },
    {
      name: 'Travel',
      statementDay: 20 + chance.between(0, 5),
      dueDay: 5 + chance.between(0, 5),
      percentPerBill: chance.pick(['0.45', '0.6', '0.55']),
      percentPerYear: chance.pick(['14.6', '7.2', '19.95']),
      merchantFeePercent: chance.pick(['0.6', '1.25']),
      surplus: 'pay-back',
      refundsReturnFee: chance.happens(0.5),
      latePercent: '4.5',
      graceDays: chance.between(0, 5),
      minimum: null,
      funders: [
        { id: first, basisPoints: 3_001 },
        { id: third, basisPoints: 5_999 },
      ],
    },
    {
      name: 'Card',
      statementDay: 5,
      dueDay: 25,
      percentPerBill: '0.5',
      percentPerYear: chance.pick(['13.14', '8.03']),
      merchantFeePercent: '0.6',
      surplus: chance.pick(['credit', 'pay-back']),
      refundsReturnFee: true,
      latePercent: '5',
      graceDays: chance.between(0, 3),
      minimum: { percent: chance.pick(['10', '5']), floor: 5_000, dailyPercent: chance.pick(['0.05', '0.045']) },
      funders: [{ id: second, basisPoints: 7_001 }],
    },
  ]
}

/** What staff change when they revise a product: dearer or cheaper, for lines opened from then on. */
export function revised(design: Design, chance: Chance): Design {
  return {
    ...design,
    percentPerBill: chance.pick(['0.4', '0.5', '0.35']),
    percentPerYear: chance.pick(['9.125', '12', '17.52']),
    merchantFeePercent: chance.pick(['0.7', '1']),
  }
}
