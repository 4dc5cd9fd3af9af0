/**
 * Formulas of an instalment's amounts in words and numbers. The short one, of the contract, where it makes the amount; after
 * what changed it (money paid early, goods returned, a new rate) the parts that make it, as core tells them.
 */
import { type Explanation, explainInstalment } from '../../core/explain/index.ts'
import { parseDecimal } from '../../core/fraction.ts'
import type { Instalment, LoanState } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import { roundQuotient } from '../../core/rounding.ts'

export type Money = (amount: Minor) => string

export interface Formulas {
  readonly principal: string
  readonly interest: string
  readonly late: string
}

export function formulasOf(state: LoanState, instalment: Instalment, money: Money): Formulas {
  const parts = explainInstalment(state, instalment.n).parts!
  const told = (what: 'principal' | 'interest') => parts.find((part) => part.what === what)!
  return {
    principal: principalFormula(state, instalment, told('principal'), money),
    interest: interestFormula(state, instalment, told('interest'), money),
    late: lateFormula(state, instalment, money),
  }
}

function principalFormula(state: LoanState, instalment: Instalment, told: Explanation, money: Money): string {
  const { method, instalments, principal, rounding } = state.terms
  const scheduled = money(instalment.principal)
  switch (method) {
    case 'equal-principal':
      if (instalment.principal !== roundQuotient(principal, BigInt(instalments), rounding)) {
        return toldByParts(told)
      }
      return `${scheduled} = an equal part of the principal over ${instalments} instalments; the last takes the remainder`
    case 'equal-instalment':
    case 'flat': {
      if (!isLevel(told)) return toldByParts(told)
      const charge = method === 'flat' ? 'flat charge' : 'interest'
      return `${scheduled} = the level instalment ${money(instalment.principal + instalment.interest)} less its ${charge}`
    }
    default:
      return `${scheduled} = what is repaid at this date of a balance of ${money(balanceBefore(instalment))}`
  }
}

/** One that asks for the whole level instalment: none that goods returned or money paid have cut. */
function isLevel({ formula = '' }: Explanation): boolean {
  return /^instalment( − interest)?$/.test(formula)
}

function interestFormula(state: LoanState, instalment: Instalment, told: Explanation, money: Money): string {
  const { method, interestPeriod, every, rounding, dayCount } = state.terms
  const rate = rateOf(state, instalment)
  const result = money(instalment.interest)
  if (method === 'flat' || interestPeriod === 'whole-period') {
    const basis = method === 'flat' ? state.terms.principal - refundedOf(state) : balanceBefore(instalment)
    const whole = `${money(basis)} × ${rate} % a year × ${every.n}/12 for one bill, rounded ${rounding}`
    if (ofBill(state, basis, rate) === instalment.interest) return `${result} = ${whole}`
  } else if (isOfOneBalance(told, `${money(balanceBefore(instalment))} ${state.terms.currency}`, rate)) {
    const basis = money(balanceBefore(instalment))
    return `${result} = each day's balance (${basis} as scheduled) × ${rate} % a year from ${instalment.fromOn} to ${instalment.dueOn}, ${dayCount}, rounded ${rounding}`
  }
  return toldByParts(told)
}

function ofBill({ terms }: LoanState, basis: Minor, rate: string): Minor {
  const { num, den } = parseDecimal(rate)
  return roundQuotient(basis * num * BigInt(terms.every.n), den * 1_200n, terms.rounding)
}

function isOfOneBalance({ parts = [] }: Explanation, balance: string, rate: string): boolean {
  const of = parts[0]?.parts?.map(({ value }) => value) ?? []
  return parts.length === 1 && of[0] === balance && of.at(-1) === `${rate} %`
}

function balanceBefore(instalment: Instalment): Minor {
  return instalment.balanceAfter + instalment.principal
}

/** The rate that the instalment bears: the contract's, or the last one agreed before it fell due. */
function rateOf(state: LoanState, instalment: Instalment): string {
  const reversed = reversedIn(state)
  const agreed = state.events.flatMap((event) =>
    'annualRatePercent' in event && event.on < instalment.dueOn && !reversed.has(event.id)
      ? [event.annualRatePercent]
      : [],
  )
  return agreed.findLast((rate) => rate !== undefined) ?? state.terms.annualRatePercent
}

function reversedIn({ events }: LoanState): ReadonlySet<string> {
  return new Set(events.flatMap((event) => (event.type === 'reversal' ? [event.of] : [])))
}

function refundedOf(state: LoanState): Minor {
  return state.allocated
    .filter((money) => money.type === 'purchase-refund' && !money.reversed)
    .reduce((sum, money) => sum + money.principal, 0n)
}

function lateFormula(state: LoanState, instalment: Instalment, money: Money): string {
  const reversed = reversedIn(state)
  const charges = state.events.flatMap((event) =>
    event.type === 'penalty' && event.on > instalment.fromOn && event.on <= instalment.dueOn && !reversed.has(event.id)
      ? [event]
      : [],
  )
  // A new plan shares charges over its instalments.
  const isWhole = charges.length > 0 && charges.reduce((sum, { amount }) => sum + amount, 0n) === instalment.penalty
  if (!isWhole) return `${money(instalment.penalty)} charged`
  return `late charges: ${charges.map(({ amount, on, id }) => `${money(amount)} on ${on} (${id})`).join(', ')}`
}

function toldByParts({ value, formula, rounding, parts }: Explanation): string {
  if (parts === undefined) return `${value}, outside the plan`
  if (parts.length === 1 && parts[0]!.parts === undefined) return `${value}: ${formula}`
  const amounts = parts.map((part) =>
    part.parts === undefined ? part.value : `${part.value} (${part.what}, ${part.parts.at(-1)!.value})`,
  )
  return `${value} = ${formula}: ${amounts.join(', ')}${rounding === undefined ? '' : `, rounded ${rounding}`}`
}
