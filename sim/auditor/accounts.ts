/** What every account should hold, kept by the movements of what the auditor knows. Debit positive. */
import { share } from './arithmetic.ts'
import type { ProgramFacts } from './facts.ts'
import type { Part } from './part.ts'
import { type LoanState, partsOf } from './state.ts'

export type Holdings = Map<string, number>

export function add(holdings: Holdings, account: string, amount: number): void {
  if (amount !== 0) holdings.set(account, (holdings.get(account) ?? 0) + amount)
}

export const names = {
  bank: 'asset:cash:bank',
  payable: (merchant: string) => `liability:merchant:${merchant}:payable`,
  disputed: (merchant: string) => `liability:merchant:${merchant}:disputed`,
  credit: (program: string) => `liability:customers:credit:${program}`,
  merchantFee: (program: string) => `income:merchant-fee:${program}`,
  settlement: (funder: string) => `liability:funder:${funder}:settlement`,
}

const whole = 10_000

/** What each funder has of a loan's principal. */
export function fundersPrincipal(program: ProgramFacts, price: number, state: LoanState): number[] {
  const weights = weightsOfPrincipal(program)
  const parts = partsOf(state)
  const paid = parts.reduce((sum, part) => sum + part.paidPrincipal, 0)
  const lost = parts.reduce((sum, part) => sum + part.lostPrincipal, 0)
  const [lent, ...back] = [price, paid, state.refunded, lost].map((amount) => share(amount, weights))
  const restored = share(state.restored, weights)
  return program.funders.map((_, place) =>
    back.reduce((left, one) => left - one[place]!, lent![place]! + restored[place]!),
  )
}

/** Of the funders and, last, of the operator. */
function weightsOfPrincipal({ funders }: ProgramFacts): number[] {
  const weights = funders.map((funder) => funder.basisPoints)
  return [...weights, whole - weights.reduce((all, weight) => all + weight, 0)]
}

/** The standing of one loan in every account, with what is earned by the end of a day. */
export function standing(program: ProgramFacts, price: number, state: LoanState, on: number): Holdings {
  const holdings: Holdings = new Map()
  const parts = partsOf(state)
  const sum = (figure: (part: Part) => number) => parts.reduce((all, part) => all + figure(part), 0)
  const lent = price
  const paid = sum((part) => part.paidPrincipal)
  const lost = sum((part) => part.lostPrincipal)
  add(holdings, `asset:loans:${program.id}`, lent + state.restored - paid - state.refunded - lost)

  const byPrincipal = weightsOfPrincipal(program)
  const kept = whole - program.serviceFeeBasisPoints
  const byCharge = byPrincipal.map((weight) => weight * kept)
  byCharge[program.funders.length] = whole * whole - byCharge.slice(0, -1).reduce((all, weight) => all + weight, 0)
  const own = program.funders.length

  /** Every figure is shared as a whole, so that no cent drifts with the number of its movements. */
  const principal = (amount: number, sign: 1 | -1, ...where: ('principal' | 'settlement')[]) => {
    if (amount === 0) return 0
    const shares = share(amount, byPrincipal)
    program.funders.forEach((funder, place) => {
      for (const account of where) {
        const side = account === 'principal' ? -sign : sign
        add(holdings, `liability:funder:${funder.id}:${account}`, side * shares[place]!)
      }
    })
    return shares[own]!
  }
  principal(lent, 1, 'principal', 'settlement')
  principal(state.restored, 1, 'principal', 'settlement')
  principal(paid, -1, 'principal', 'settlement')
  principal(state.refunded, -1, 'principal', 'settlement')
  add(holdings, `expense:write-offs:${program.id}`, principal(lost, -1, 'principal'))
  add(holdings, `income:recoveries:${program.id}`, -principal(state.recovered, -1, 'settlement'))

  const charged = (asset: string, income: string, earned: number, met: number, waived: number, gone: number) => {
    add(holdings, `asset:${asset}:${program.id}`, earned - met - waived - gone)
    const split = (amount: number) => (amount === 0 ? byCharge.map(() => 0) : share(amount, byCharge))
    const [e, m, w, g] = [split(earned), split(met), split(waived), split(gone)]
    program.funders.forEach((funder, place) => {
      add(holdings, `liability:funder:${funder.id}:income`, -(e![place]! - m![place]! - w![place]! - g![place]!))
      add(holdings, names.settlement(funder.id), -m![place]!)
    })
    add(holdings, `income:${income}:${program.id}`, -e![own]!)
    add(holdings, `expense:waivers:${program.id}`, w![own]!)
    add(holdings, `expense:write-offs:${program.id}`, g![own]!)
  }
  charged(
    'interest',
    'interest',
    sum((part) => (part.due <= on ? part.interest : part.paidInterest + part.waivedInterest + part.lostInterest)),
    sum((part) => part.paidInterest),
    sum((part) => part.waivedInterest),
    sum((part) => part.lostInterest),
  )
  charged(
    'penalties',
    'penalties',
    sum((part) => (part.due <= on ? part.penalty : part.paidPenalty + part.waivedPenalty + part.lostPenalty)),
    sum((part) => part.paidPenalty),
    sum((part) => part.waivedPenalty),
    sum((part) => part.lostPenalty),
  )
  return holdings
}
