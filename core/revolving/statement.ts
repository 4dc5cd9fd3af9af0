import { type Day, formatDay } from '../calendar.ts'
import { type Minor, maxMinor, minMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { billInstalments } from './convert.ts'
import { countNights, interestLines, type LiveItem, type NightsByCode, nightsOf } from './item.ts'
import { chargeItem, isPrincipal, type LiveAccount, type LiveStatement, owe } from './live.ts'
import type { InterestLine, MinimumParts } from './types.ts'

/** Closes a bill at the end of a day: interest of the nights up to it, instalments that fall due, the minimum. */
export function closeStatement(account: LiveAccount, closedDay: Day, dueDay: Day): void {
  const n = account.statements.length + 1
  const previous = account.statements.at(-1)?.shown
  const interestByBalance = chargeInterest(account, closedDay, n)
  const { principal: instalments, fees } = billInstalments(account, closedDay)
  for (const item of account.items) item.statement ??= n
  const balance = account.items.reduce((sum, item) => sum + item.remaining, 0n) - account.creditBalance
  const minimumParts = minimumOf(account, balance)
  account.statements.push({
    closedDay,
    dueDay,
    creditedSince: 0n,
    shown: {
      n,
      openedOn: previous?.closedOn ?? account.terms.openedOn,
      closedOn: formatDay(closedDay),
      dueOn: formatDay(dueDay),
      previousBalance: previous?.balance ?? 0n,
      debits: account.debits,
      interest: interestByBalance.reduce((sum, line) => sum + line.interest, 0n),
      interestByBalance,
      fees: account.fees + fees,
      instalments,
      credits: account.credits,
      converted: account.converted,
      balance,
      minimum: minimumParts.principal + minimumParts.charges + minimumParts.instalments + minimumParts.arrears,
      minimumParts,
      paidByDue: null,
      standing: 'open',
    },
  })
  account.debits = 0n
  account.fees = 0n
  account.credits = 0n
  account.converted = 0n
  account.principalPaid = 0n
}

/** Interest of every balance since its last bill, rounded once for each balance; it becomes a debt of this bill. */
function chargeInterest(account: LiveAccount, closedDay: Day, n: number): InterestLine[] {
  const byCode: NightsByCode = new Map()
  for (const item of account.items) {
    if (item.protected || isSettled(item)) continue
    countNights(nightsOf(byCode, item.code), item, account.rates, item.chargedTo, closedDay)
    item.chargedTo = closedDay
    item.flat = null
  }
  const lines = interestLines(byCode, account.terms.rounding)
  const total = lines.reduce((sum, line) => sum + line.interest, 0n)
  if (total > 0n) owe(account, chargeItem(`interest-${n}`, 'interest', closedDay, total))
  return lines
}

/** Nothing is owed of it and no night of it is uncharged. */
function isSettled(item: LiveItem): boolean {
  return item.remaining === 0n && (item.reductions.at(-1)?.on ?? item.on) <= item.chargedTo
}

/**
 * The minimum: a percentage of principal, raised to the floor together with the charges and instalments, plus what the
 * minimum before left of principal unpaid; never more than is owed.
 */
function minimumOf(account: LiveAccount, balance: Minor): MinimumParts {
  const { floor } = account.terms.minimum
  let [charges, instalments, revolving] = [0n, 0n, 0n]
  for (const { code, remaining } of account.items) {
    if (remaining === 0n) continue
    if (code === 'instalment') instalments += remaining
    else if (isPrincipal(code)) revolving += remaining
    else charges += remaining
  }
  const arrears = minMinor(principalArrears(account), revolving)
  const share = roundQuotient(
    (revolving - arrears) * account.minimumShare.num,
    account.minimumShare.den,
    account.terms.rounding,
  )
  const principal = maxMinor(share, minMinor(floor - charges - instalments, revolving - arrears))
  return cappedAt(balance, { principal: maxMinor(principal, 0n), charges, instalments, arrears })
}

/** What of the last minimum's principal no payment since has met. */
function principalArrears(account: LiveAccount): Minor {
  const last = account.statements.at(-1)?.shown
  if (last === undefined) return 0n
  return maxMinor(last.minimumParts.principal + last.minimumParts.arrears - account.principalPaid, 0n)
}

function cappedAt(balance: Minor, parts: MinimumParts): MinimumParts {
  let left = maxMinor(balance, 0n)
  const take = (part: Minor) => {
    const taken = minMinor(part, left)
    left -= taken
    return taken
  }
  return {
    arrears: take(parts.arrears),
    charges: take(parts.charges),
    instalments: take(parts.instalments),
    principal: take(parts.principal),
  }
}

/** Judges a bill at the end of its due date, and gives or takes the free period accordingly. */
export function settleDue(account: LiveAccount, statement: LiveStatement): void {
  const { terms } = account
  const { shown, creditedSince: paid } = statement
  shown.paidByDue = paid
  const inFull = paid >= shown.balance
  shown.standing = inFull ? 'full' : paid >= shown.minimum ? 'minimum' : 'below-minimum'
  account.fullInARow = inFull ? account.fullInARow + 1 : 0
  const held = account.fullInARow >= terms.graceRegainedAfter
  for (const item of account.items) {
    if (item.statement === null) guardUnbilled(account, item, held)
    else if (!inFull && item.protected) loseGrace(account, item, statement)
  }
}

/** Purchases since the bill are free if it was paid in full, however they began. */
function guardUnbilled(account: LiveAccount, item: LiveItem, held: boolean): void {
  if (account.terms.balances[item.code]?.grace !== true) return
  item.protected = held
}

function loseGrace(account: LiveAccount, item: LiveItem, statement: LiveStatement): void {
  const { terms } = account
  item.protected = false
  item.chargedTo = terms.interestFrom === 'posting' ? item.on : statement.closedDay
  if (terms.graceLost === 'unpaid') item.flat = { until: statement.dueDay, balance: item.remaining }
}
