/** What is known of one loan: its contract, what happened to it, and how it stands. */
import type { ByDays } from './by-days.ts'
import { newPart, type Part, unpaid, unpaidPrincipal } from './part.ts'

export interface PlanFacts {
  readonly code: string
  /**
   * `flat`: the same part and the same charge on every bill; `bullet`: all of it on one; `carried`: that, where the
   * rest of a bill may be carried over, with interest by days; `level`: equal instalments with interest by days.
   */
  readonly method: 'flat' | 'bullet' | 'carried' | 'level'
  readonly instalments: number
  /** Of the price, on every bill; by days a year, of the balance. */
  readonly percent: string
  readonly merchantPays: boolean
  readonly leastAmount: number
}

/** What happened to a loan. Amounts in minor units, days since 1970. */
export type Happening =
  | {
      readonly what: 'paid' | 'settled' | 'refunded' | 'given-back' | 'recovered'
      readonly on: number
      readonly amount: number
    }
  /** What is due, and then a shorter or a cheaper rest. */
  | { readonly what: 'prepaid'; readonly on: number; readonly amount: number; readonly effect: 'shorten' | 'lower' }
  | { readonly what: 'late-charge'; readonly on: number; readonly amount: number; readonly missed: number }
  | { readonly what: 'waived'; readonly on: number; readonly amount: number; readonly charge: 'interest' | 'penalty' }
  | { readonly what: 'lost'; readonly on: number }
  | {
      readonly what: 'new-plan'
      readonly on: number
      readonly instalments: number
      readonly firstDue: number
      readonly percent: string
    }

export interface LoanState {
  plan: Part[]
  beside: Part[]
  /** Where the plan in force bears interest by days. */
  days: ByDays | null
  status: 'active' | 'paid' | 'overpaid' | 'charged-off'
  /** The customer's money in the loan that nothing is owed for. */
  credit: number
  refunded: number
  restored: number
  overpaid: number
  returned: number
  recovered: number
  /** Principal as it came off, with its day: for the cap on what a loan may cost. */
  lessened: { on: number; principal: number }[]
  /** The rate of each bill of the plan in force, and the price it is taken of. */
  percent: string
  lent: number
  /** What is asked for every day; null until the story has come to its end, after which nothing changes any more. */
  told: Told | null
}

interface Told {
  readonly parts: readonly Part[]
  readonly principal: number
  /** The first day on which something is due that is unpaid; Infinity where there is none. */
  readonly openFrom: number
}

/** A waiver of more than is owed: what is told does not fit together. */
export class DoesNotFit extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export interface LoanFacts {
  readonly plan: PlanFacts
  readonly price: number
  readonly openedOn: number
  readonly dues: readonly number[]
}

/** All parts, oldest due first; of one day what was replaced, then what is planned, then what came beside. */
export function partsOf(state: LoanState): readonly Part[] {
  if (state.told !== null) return state.told.parts
  if (state.beside.length === 0) return state.plan
  const rank = { old: 0, plan: 1, extra: 2 }
  return [...state.beside, ...state.plan].sort((one, other) => one.due - other.due || rank[one.kind] - rank[other.kind])
}

export function principalLeft(state: LoanState): number {
  if (state.told !== null) return state.told.principal
  return partsOf(state).reduce((sum, part) => sum + unpaidPrincipal(part), 0)
}

/** The first day on which something is due that is unpaid; Infinity where there is none. */
export function openFrom(state: LoanState): number {
  if (state.told !== null) return state.told.openFrom
  return partsOf(state).find((part) => unpaid(part) > 0)?.due ?? Number.POSITIVE_INFINITY
}

export function endTelling(state: LoanState): void {
  state.told = { parts: partsOf(state), principal: principalLeft(state), openFrom: openFrom(state) }
}

export function keep(state: LoanState, amount: number): void {
  state.credit += amount
  state.overpaid += amount
}

/** The next due; after the last one all that comes is due together, on the latest of its days. Of a debt that was given up, each by itself. */
export function dueNext(state: LoanState, on: number, after: boolean): Part {
  const last = state.plan.at(-1)!
  if (state.status === 'charged-off') return besides(state, on, on)
  const found = state.plan.find((part) => (after && on < last.due ? part.due > on : part.due >= on))
  if (found !== undefined) return found
  const known = state.beside.find((part) => part.kind === 'extra' && part.from === last.due)
  if (known !== undefined) {
    known.due = Math.max(known.due, on)
    return known
  }
  return besides(state, last.due, on)
}

function besides(state: LoanState, from: number, due: number): Part {
  const extra = newPart('extra', from, due, 0, 0)
  state.beside.push(extra)
  return extra
}
