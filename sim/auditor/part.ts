/** One due: what is asked, and what became of it. */
export interface Part {
  readonly kind: 'plan' | 'old' | 'extra'
  readonly from: number
  due: number
  principal: number
  interest: number
  /** Of the interest, what an earlier plan had charged already. */
  carried: number
  penalty: number
  /** Where interest goes by days: what the plan asks for, what came back to it, and whether it was paid in full early. */
  level: number
  restored: number
  /** Of what the plan asks for, principal repaid with the part to lower the others: no part of the instalment itself. */
  ahead: number
  completed: boolean
  paidPrincipal: number
  paidInterest: number
  paidPenalty: number
  waivedInterest: number
  waivedPenalty: number
  lostPrincipal: number
  lostInterest: number
  lostPenalty: number
}

export function unpaidPrincipal(part: Part): number {
  return part.principal - part.paidPrincipal - part.lostPrincipal
}

export function unpaidInterest(part: Part): number {
  return part.interest - part.paidInterest - part.waivedInterest - part.lostInterest
}

export function unpaidPenalty(part: Part): number {
  return part.penalty - part.paidPenalty - part.waivedPenalty - part.lostPenalty
}

export function unpaid(part: Part): number {
  return unpaidPrincipal(part) + unpaidInterest(part) + unpaidPenalty(part)
}

export function newPart(kind: Part['kind'], from: number, due: number, principal: number, interest: number): Part {
  return {
    kind,
    from,
    due,
    principal,
    interest,
    carried: 0,
    penalty: 0,
    level: 0,
    restored: 0,
    ahead: 0,
    completed: false,
    paidPrincipal: 0,
    paidInterest: 0,
    paidPenalty: 0,
    waivedInterest: 0,
    waivedPenalty: 0,
    lostPrincipal: 0,
    lostInterest: 0,
    lostPenalty: 0,
  }
}
