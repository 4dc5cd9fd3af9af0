import { parseDay } from '../calendar.ts'
import { fraction, multiply } from '../fraction.ts'
import type { Minor } from '../money.ts'
import type { Rounding } from '../rounding.ts'
import type { Stretch } from '../stretch.ts'
import { type Explanation, leaf, type Money } from './tree.ts'

/** Simple interest of nights: their sum is exact, and rounded once. */
export function explainNights(
  what: string,
  amount: Minor,
  stretches: readonly Stretch[],
  rounding: Rounding,
  money: Money,
): Explanation {
  return {
    what,
    value: money(amount),
    formula: 'sum of balance × nights × rate a night',
    rounding,
    parts: stretches.map((stretch) => explainStretch(stretch, money)),
  }
}

function explainStretch({ of, from, to, balance, daily }: Stretch, money: Money): Explanation {
  const nights = parseDay(to) - parseDay(from)
  const factor = multiply(fraction(BigInt(nights)), daily)
  const text = `${factor.num}/${factor.den}`
  return {
    what: `${of}, ${from} to ${to}, ${nights === 1 ? '1 night' : `${nights} nights`}`,
    value: `${money(balance)} × ${text}`,
    parts: [leaf('balance', money(balance)), leaf('factor', text), leaf('rate a night', `${daily.num}/${daily.den}`)],
  }
}
