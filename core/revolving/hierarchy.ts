import type { Day } from '../calendar.ts'
import { compare } from '../fraction.ts'
import { type Minor, minMinor } from '../money.ts'
import { dailyRateAt, type LiveItem, reduce } from './item.ts'
import type { RevolvingTerms } from './types.ts'

/** Spreads a payment over what is owed; returns what each code got. What is left over is the difference. */
export function spread(
  items: readonly LiveItem[],
  terms: RevolvingTerms,
  on: Day,
  amount: Minor,
  minimumLeft: Minor,
): { readonly byCode: Record<string, Minor>; readonly left: Minor } {
  const { hierarchy } = terms
  const byCode: Record<string, Minor> = {}
  const toMinimum = hierarchy.minimumToLowestRate ? minMinor(amount, minimumLeft) : 0n
  let left = toMinimum
  if (toMinimum > 0n) left = pay(ranked(items, terms, on, 'lowest-rate'), on, toMinimum, byCode)
  left = pay(ranked(items, terms, on, hierarchy.rest), on, left + amount - toMinimum, byCode)
  return { byCode, left }
}

function pay(ordered: readonly LiveItem[], on: Day, amount: Minor, byCode: Record<string, Minor>): Minor {
  let left = amount
  for (const item of ordered) {
    if (left === 0n) break
    const part = minMinor(left, item.remaining)
    if (part === 0n) continue
    reduce(item, on, part)
    byCode[item.code] = (byCode[item.code] ?? 0n) + part
    left -= part
  }
  return left
}

function ranked(
  items: readonly LiveItem[],
  terms: RevolvingTerms,
  on: Day,
  rest: 'highest-rate' | 'lowest-rate' | 'oldest',
): LiveItem[] {
  const { first, billedFirst } = terms.hierarchy
  const codeRank = (item: LiveItem) => (first.includes(item.code) ? first.indexOf(item.code) : first.length)
  const byRate = rest === 'oldest' ? 0 : rest === 'highest-rate' ? -1 : 1
  return items
    .filter((item) => item.remaining > 0n)
    .sort(
      (a, b) =>
        codeRank(a) - codeRank(b) ||
        (billedFirst ? Number(a.statement === null) - Number(b.statement === null) : 0) ||
        byRate * compare(dailyRateAt(a, terms, on), dailyRateAt(b, terms, on)) ||
        a.on - b.on,
    )
}
