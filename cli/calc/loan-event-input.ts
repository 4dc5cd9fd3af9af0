/** Reads one event of a loan: of those that `chit calc schedule`, `allocate` and `explain` take, or the payment to allocate. */
import { checkEvent } from '../../core/loan/check.ts'
import type { LoanEvent, LoanTerms } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import {
  absent,
  CalcProblem,
  type Fields,
  or,
  readAmount,
  readChoice,
  readDate,
  readDecimal,
  readInteger,
  readText,
  readTyped,
} from './input.ts'

/** Beside `id`, `type` and `on`. */
export const eventFields: Readonly<Record<LoanEvent['type'], readonly string[]>> = {
  disbursement: ['amount'],
  repayment: ['amount', 'prepay'],
  payoff: ['amount'],
  'merchant-refund': ['amount'],
  'payout-refund': ['amount'],
  'goodwill-credit': ['amount'],
  'interest-refund': ['amount', 'of'],
  'purchase-refund': ['amount'],
  chargeback: ['amount'],
  fee: ['amount'],
  penalty: ['amount'],
  'extra-interest': ['amount'],
  waiver: ['amount', 'component'],
  reversal: ['of', 'amount'],
  'rate-change': ['from', 'annualRatePercent'],
  'interest-pause': ['from', 'to'],
  reschedule: ['instalments', 'firstDueOn', 'annualRatePercent'],
  're-age': ['instalments', 'firstDueOn'],
  're-amortise': [],
  deferral: ['periods', 'until', 'interest'],
  'contract-termination': [],
  sale: ['buyer'],
  'charge-off': [],
  recovery: ['amount'],
  'credit-balance-refund': ['amount'],
  recalculate: [],
}

export function readEvent(item: unknown, path: string, terms: LoanTerms, before: readonly LoanEvent[]): LoanEvent {
  const { type, fields } = readTyped(item, path, eventFields)
  const stated = dayField(type, fields)
  if (!absent(fields.on)) readDate(fields.on, `${path}.on`)
  const base = {
    id: absent(fields.id) ? `#${before.length}` : readText(fields.id, `${path}.id`),
    on: readDate(fields[stated], `${path}.${stated}`),
  }
  const amount = (): Minor => readAmount(fields.amount, `${path}.amount`, terms.currency)
  const count = (): number => readInteger(fields.instalments, `${path}.instalments`, 1, 1200)
  const percent = (): string => readDecimal(fields.annualRatePercent, `${path}.annualRatePercent`)
  const day = (name: string): string => readDate(fields[name], `${path}.${name}`)
  switch (type) {
    case 'repayment':
      return absent(fields.prepay)
        ? { ...base, type, amount: amount() }
        : { ...base, type, amount: amount(), prepay: readChoice(fields.prepay, `${path}.prepay`, ['shorten', 'lower']) }
    case 'waiver': {
      const names = ['penalty', 'fee', 'interest', 'principal'] as const
      return { ...base, type, amount: amount(), component: readChoice(fields.component, `${path}.component`, names) }
    }
    case 'reversal':
      return { ...base, type, of: reversedId(fields, path, before, absent(fields.amount) ? null : amount()) }
    case 'interest-refund': {
      const of = refundId(fields, path, before)
      if (!absent(fields.amount)) return { ...base, type, amount: amount(), ...(of === null ? {} : { of }) }
      if (of === null) throw new CalcProblem(`${path}.of`, 'no earlier refund to give interest for', 'no-such-event')
      return { ...base, type, amount: 0n, of }
    }
    case 'rate-change':
      return { ...base, type, annualRatePercent: percent() }
    case 'interest-pause':
      return { ...base, type, to: day('to') }
    case 'reschedule': {
      const rate = absent(fields.annualRatePercent) ? {} : { annualRatePercent: percent() }
      return { ...base, type, instalments: count(), firstDueOn: day('firstDueOn'), ...rate }
    }
    case 're-age':
      return { ...base, type, instalments: count(), firstDueOn: day('firstDueOn') }
    case 'deferral':
      return { ...base, type, ...readDeferral(fields, path) }
    case 'sale':
      return { ...base, type, buyer: readText(fields.buyer, `${path}.buyer`) }
    case 're-amortise':
    case 'contract-termination':
    case 'charge-off':
    case 'recalculate':
      return { ...base, type }
    default:
      return { ...base, type, amount: amount() }
  }
}

/** Which field says when the event takes effect: beside `from`, `on` only says when it was agreed. */
function dayField(type: LoanEvent['type'], { on, from }: Fields): 'on' | 'from' {
  return eventFields[type].includes('from') && !(absent(from) && !absent(on)) ? 'from' : 'on'
}

function readDeferral(
  fields: Fields,
  path: string,
): Omit<Extract<LoanEvent, { type: 'deferral' }>, 'id' | 'on' | 'type'> {
  return {
    interest: or(fields.interest, 'continues', (value) =>
      readChoice(value, `${path}.interest`, ['continues', 'stops'] as const),
    ),
    ...(absent(fields.periods) ? {} : { periods: readInteger(fields.periods, `${path}.periods`, 1, 1200) }),
    ...(absent(fields.until) ? {} : { until: readDate(fields.until, `${path}.until`) }),
  }
}

/**
 * A charge is known from where it stands in the list: money listed after it can pay it before it is due. What is reversed
 * is no part of the list.
 */
export function knownInPlace(listed: readonly LoanEvent[], undone: ReadonlySet<string>, start: string): LoanEvent[] {
  let latest = start
  return listed.map((event) => {
    if (event.type === 'reversal' || undone.has(event.id)) return event
    const isCharge = event.type === 'fee' || event.type === 'penalty'
    const known = isCharge && latest < event.on ? { ...event, knownOn: latest } : event
    latest = laterOf(latest, takesPlaceOn(known))
    return known
  })
}

export function takesPlaceOn(event: LoanEvent): string {
  return (event.type === 'fee' || event.type === 'penalty' ? event.knownOn : undefined) ?? event.on
}

/** An id, a place in the list, or nothing: the latest money event (of that amount, if one is given). */
function reversedId(fields: Fields, path: string, before: readonly LoanEvent[], amount: Minor | null): string {
  if (!absent(fields.of)) return reversibleId(eventId(fields.of, path, before), path, before)
  const reversed = new Set(before.flatMap((event) => (event.type === 'reversal' ? [event.of] : [])))
  const target = before.findLast(
    (event) => 'amount' in event && !reversed.has(event.id) && (amount === null || event.amount === amount),
  )
  if (target === undefined) throw new CalcProblem(`${path}.of`, 'no earlier event to reverse', 'no-such-event')
  return target.id
}

/** Refused here, as the one that is named can have left the list with an earlier disbursement that it undoes. */
function reversibleId(id: string, path: string, before: readonly LoanEvent[]): string {
  const isReversal = before.some((event) => event.id === id && event.type === 'reversal')
  if (isReversal) throw new CalcProblem(`${path}.of`, 'a reversal cannot be reversed', 'not-reversible')
  return id
}

/** The refund that interest is given for: the one named, or the latest; null where there is none. */
function refundId(fields: Fields, path: string, before: readonly LoanEvent[]): string | null {
  const isRefund = ({ type }: LoanEvent): boolean => type === 'merchant-refund' || type === 'payout-refund'
  if (absent(fields.of)) return before.findLast(isRefund)?.id ?? null
  const id = eventId(fields.of, path, before)
  if (before.some((event) => event.id === id && isRefund(event))) return id
  throw new CalcProblem(`${path}.of`, 'names no merchant or payout refund', 'no-such-event')
}

function eventId(of: unknown, path: string, before: readonly LoanEvent[]): string {
  const id = typeof of === 'number' ? before[of]?.id : readText(of, `${path}.of`)
  if (id === undefined || !before.some((event) => event.id === id)) {
    throw new CalcProblem(`${path}.of`, 'names no earlier event', 'no-such-event')
  }
  return id
}

/** `item` is what the event was read from, so that its day is called what it is called there. */
export function refuseEvent(terms: LoanTerms, event: LoanEvent, path: string, item: unknown): void {
  try {
    checkEvent(terms, event)
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const field = problem.field === 'on' ? dayField(event.type, item as Fields) : problem.field
    throw new CalcProblem(`${path}.${field}`, problem.message, problem.code)
  }
}

export function laterOf(a: string, b: string): string {
  return b > a ? b : a
}
