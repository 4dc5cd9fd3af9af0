import type { Day } from '../calendar.ts'
import { compare } from '../fraction.ts'
import { type Minor, minMinor } from '../money.ts'
import { dailyRateAt, type LiveItem, reduce } from './item.ts'
import { isPrincipal, type LiveAccount } from './live.ts'
import type { Hierarchy } from './types.ts'

/** Spreads a payment over what is owed; returns what each code got. What is left over is the difference. */
export function spread(
  account: LiveAccount,
  on: Day,
  amount: Minor,
  minimumLeft: Minor,
): { readonly byCode: Record<string, Minor>; readonly left: Minor } {
  const { hierarchy } = account.terms
  const byCode: Record<string, Minor> = {}
  const toMinimum = hierarchy.minimumToLowestRate ? minMinor(amount, minimumLeft) : 0n
  let left = toMinimum
  if (toMinimum > 0n) left = pay(ranked(account, on, 'lowest-rate'), on, toMinimum, byCode)
  left = pay(ranked(account, on, hierarchy.rest), on, left + amount - toMinimum, byCode)
  for (const [code, part] of Object.entries(byCode)) if (isPrincipal(code)) account.principalPaid += part
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

function ranked(account: LiveAccount, on: Day, rest: Hierarchy['rest']): LiveItem[] {
  const { first, billedFirst } = account.terms.hierarchy
  const direction = rest === 'oldest' ? 0 : rest === 'highest-rate' ? -1 : 1
  const owed = account.items
    .filter((item) => item.remaining > 0n)
    .map((item) => ({
      item,
      code: first.includes(item.code) ? first.indexOf(item.code) : first.length,
      billed: billedFirst && item.statement === null ? 1 : 0,
      rate: dailyRateAt(item, account.rates, on),
    }))
  owed.sort(
    (a, b) => a.code - b.code || a.billed - b.billed || direction * compare(a.rate, b.rate) || a.item.on - b.item.on,
  )
  return owed.map(({ item }) => item)
}
