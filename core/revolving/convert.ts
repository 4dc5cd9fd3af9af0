import type { Day } from '../calendar.ts'
import { fraction, multiply, parseDecimal, roundFraction } from '../fraction.ts'
import { formatMinor, type Minor, minMinor } from '../money.ts'
import { assertPercent } from './check.ts'
import { type LiveItem, reduce } from './item.ts'
import { chargeItem, isPrincipal, type LiveAccount, owe } from './live.ts'
import { type RevolvingEvent, RevolvingProblem } from './types.ts'

const MAX_INSTALMENTS = 600

/** Moves debt out of the revolving balance; it comes back one instalment a bill, beside a flat fee. */
export function convert(account: LiveAccount, on: Day, event: RevolvingEvent & { type: 'convert' }): void {
  const field = `events.${event.id}`
  const { instalments, amount } = event
  if (!Number.isInteger(instalments) || instalments < 1 || instalments > MAX_INSTALMENTS) {
    throw new RevolvingProblem('bad-instalments', `instalments must be 1 to ${MAX_INSTALMENTS}`, `${field}.instalments`)
  }
  const sources =
    event.of === 'statement' ? billedPrincipal(account) : account.items.filter((item) => item.id === event.of)
  if (sources.length === 0) throw new RevolvingProblem('unknown-event', 'nothing to convert', `${field}.of`)
  const owed = sources.reduce((sum, item) => sum + item.remaining, 0n)
  assertPercent(event.feePercent, `${field}.feePercent`)
  if (amount > owed)
    throw new RevolvingProblem(
      'over-balance',
      `only ${formatMinor(owed, account.terms.currency)} is owed of it`,
      `${field}.amount`,
    )
  take(account, sources, on, amount)
  account.converted += amount
  account.plans.push({
    id: event.id,
    of: event.of,
    amount,
    instalments,
    fee: feeOf(account, event),
    billed: 0,
    unbilled: amount,
  })
}

function billedPrincipal(account: LiveAccount): LiveItem[] {
  return account.items.filter((item) => item.statement !== null && isPrincipal(item.code))
}

/** The converted part leaves the bill: it no longer has to be paid for the free period. */
function take(account: LiveAccount, sources: readonly LiveItem[], on: Day, amount: Minor): void {
  const open = account.statements.at(-1)
  let left = amount
  for (const item of sources) {
    const part = minMinor(left, item.remaining)
    if (part === 0n) continue
    reduce(item, on, part)
    left -= part
    if (open !== undefined && item.statement !== null) open.creditedSince += part
  }
}

function feeOf(account: LiveAccount, event: RevolvingEvent & { type: 'convert' }): Minor {
  const percent = parseDecimal(event.feePercent)
  return roundFraction(multiply(fraction(event.amount), multiply(percent, fraction(1n, 100n))), account.terms.rounding)
}

/** Bills the next instalment of every plan: the amount in equal parts, the last takes the remainder. */
export function billInstalments(account: LiveAccount, on: Day): { readonly principal: Minor; readonly fees: Minor } {
  let principal = 0n
  let fees = 0n
  for (const plan of account.plans) {
    if (plan.billed === plan.instalments) continue
    plan.billed++
    const part = plan.billed === plan.instalments ? plan.unbilled : plan.amount / BigInt(plan.instalments)
    plan.unbilled -= part
    principal += part
    fees += plan.fee
    if (part > 0n) owe(account, chargeItem(`${plan.id}-${plan.billed}`, 'instalment', on, part))
    if (plan.fee > 0n) owe(account, chargeItem(`${plan.id}-${plan.billed}-fee`, 'fee', on, plan.fee))
  }
  return { principal, fees }
}
