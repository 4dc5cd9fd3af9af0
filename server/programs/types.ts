/** A program's terms as they travel and as they are stored: JSON, amounts as integers in minor units. */
import { type Static, Type } from 'typebox'
import { parseDecimal } from '../../core/fraction.ts'
import { currencyDecimals } from '../../core/money.ts'
import type { Review } from '../../core/program/review.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { problem } from '../platform/errors.ts'
import { Currency, Id, MinorAmount, MinorAmountOrZero, object, oneOf, Percent } from '../shapes.ts'

const methods = ['equal-instalment', 'equal-principal', 'flat', 'interest-only', 'bullet'] as const
const components = ['penalty', 'fee', 'interest', 'principal'] as const

export const PlanJson = object({
  code: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
    description: 'Stable name within the program, e.g. `12x`.',
  }),
  method: oneOf(methods),
  instalments: Type.Integer({ minimum: 1, maximum: 120 }),
  rate: object({
    per: oneOf(['period', 'year'], '`period`: for each bill whatever its length; `year`: by actual days.'),
    percent: Percent,
  }),
  paidBy: oneOf(['customer', 'merchant']),
  minAmount: Type.Optional(MinorAmountOrZero),
  maxAmount: Type.Optional(Type.Union([MinorAmount, Type.Null()])),
})

export const ProgramTermsJson = object(
  {
    currency: Currency,
    rulePack: Type.String({
      minLength: 1,
      maxLength: 20,
      description: 'Whose law binds: `cn`, or `none` in a sandbox.',
    }),
    lenderType: oneOf(['consumer-finance', 'small-loan', 'bank']),
    limit: object({ min: MinorAmount, max: MinorAmount, initial: MinorAmount }),
    cycle: object({
      statementDay: Type.Integer({ minimum: 1, maximum: 28 }),
      dueDay: Type.Integer({ minimum: 1, maximum: 28 }),
    }),
    plans: Type.Array(PlanJson, { minItems: 1, maxItems: 50 }),
    minimumPayment: Type.Optional(
      Type.Union([object({ percent: Percent, floor: MinorAmountOrZero, revolvingDailyPercent: Percent }), Type.Null()]),
    ),
    lateCharge: Type.Optional(
      Type.Union([
        object({
          graceDays: Type.Integer({ minimum: 0, maximum: 60 }),
          percent: Percent,
          floor: MinorAmountOrZero,
          ceiling: Type.Optional(Type.Union([MinorAmount, Type.Null()])),
        }),
        Type.Null(),
      ]),
    ),
    allocation: Type.Optional(Type.Array(oneOf(components), { minItems: 4, maxItems: 4, uniqueItems: true })),
    rounding: Type.Optional(oneOf(['half-even', 'half-up', 'half-down', 'up', 'down'])),
    merchantFeePercent: Type.Optional(Percent),
    refundsReturnFee: Type.Optional(Type.Boolean()),
    refundSurplus: Type.Optional(oneOf(['credit', 'pay-back'])),
    holdDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 90 })),
    funding: Type.Optional(
      object({
        shares: Type.Array(object({ funderId: Id, basisPoints: Type.Integer({ minimum: 1, maximum: 10_000 }) }), {
          maxItems: 50,
        }),
        serviceFeeBasisPoints: Type.Integer({ minimum: 0, maximum: 10_000 }),
      }),
    ),
    suspendAfterDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365 })),
    writeOffAfterDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3650,
        description:
          'Days past due from which `POST /v1/loans/{id}/write-off` is allowed; nothing is written off by itself. 180 if absent.',
      }),
    ),
  },
  { $id: 'ProgramTerms', description: 'The contract of a credit product. A version in use never changes.' },
)
export type ProgramTermsJson = Static<typeof ProgramTermsJson>

export interface ProgramView {
  readonly id: string
  readonly name: string
  readonly status: 'draft' | 'active' | 'retired'
  readonly activeVersion: number | null
  readonly latestVersion: number
  readonly terms: ProgramTermsJson
  readonly review: Review
  readonly createdAt: string
}

/** Fills in what the terms leave open. Throws `terms-invalid` where they contradict themselves. */
export function decodeProgramTerms(json: ProgramTermsJson): ProgramTerms {
  refuseContradictions(json)
  return {
    currency: json.currency,
    rulePack: json.rulePack,
    lenderType: json.lenderType,
    limit: { min: BigInt(json.limit.min), max: BigInt(json.limit.max), initial: BigInt(json.limit.initial) },
    cycle: json.cycle,
    plans: json.plans.map((plan) => ({
      ...plan,
      minAmount: BigInt(plan.minAmount ?? 0),
      maxAmount: optionalMinor(plan.maxAmount),
    })),
    minimumPayment: json.minimumPayment ? { ...json.minimumPayment, floor: BigInt(json.minimumPayment.floor) } : null,
    lateCharge: json.lateCharge
      ? { ...json.lateCharge, floor: BigInt(json.lateCharge.floor), ceiling: optionalMinor(json.lateCharge.ceiling) }
      : null,
    allocation: json.allocation ?? components,
    rounding: json.rounding ?? 'half-even',
    merchantFeePercent: json.merchantFeePercent ?? '0',
    refundsReturnFee: json.refundsReturnFee ?? true,
    refundSurplus: json.refundSurplus ?? 'credit',
    holdDays: json.holdDays ?? 7,
    funding: json.funding ?? { shares: [], serviceFeeBasisPoints: 0 },
    suspendAfterDays: json.suspendAfterDays ?? 1,
    writeOffAfterDays: json.writeOffAfterDays ?? 180,
  }
}

function optionalMinor(amount: number | bigint | null | undefined): bigint | null {
  return amount === null || amount === undefined ? null : BigInt(amount)
}

function refuseContradictions(json: ProgramTermsJson): void {
  currencyDecimals(json.currency)
  const refuse = (detail: string) => {
    throw problem('terms-invalid', { detail })
  }
  const { min, max, initial } = json.limit
  if (min > max || initial < min || initial > max) refuse('`limit` must have min ≤ initial ≤ max.')
  const codes = new Set(json.plans.map((plan) => plan.code))
  if (codes.size < json.plans.length) refuse('Each plan needs a `code` of its own.')
  for (const plan of json.plans) {
    if (plan.method === 'bullet' && plan.instalments !== 1) refuse(`Plan ${plan.code}: a bullet has one instalment.`)
    if (plan.method === 'flat' && plan.rate.per === 'year') refuse(`Plan ${plan.code}: a flat fee is \`per\` period.`)
    if (parseDecimal(plan.rate.percent).num < 0n) refuse(`Plan ${plan.code}: the rate must not be negative.`)
  }
  const funders = (json.funding?.shares ?? []).map((share) => share.funderId)
  if (new Set(funders).size < funders.length) refuse('A funder is named twice in `funding`; give it one share.')
  const shared = (json.funding?.shares ?? []).reduce((sum, share) => sum + share.basisPoints, 0)
  if (shared > 10_000) refuse("The funders' shares sum to more than 10,000 basis points.")
  if (json.cycle.statementDay === json.cycle.dueDay) refuse('The due day must differ from the statement day.')
}
