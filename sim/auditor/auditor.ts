/**
 * The auditor: what everyone in one world should owe, hold and be owed, by its own simple reckoning. It is told what was
 * asked of the server and which ids the answers gave, and says for every request what must come of it and, for every
 * day, what every line, loan and account must show. It shares no code with the server.
 */
import { add, type Holdings, names, standing } from './accounts.ts'
import { closeLine, isBusy } from './close.ts'
import type { MerchantFacts } from './facts.ts'
import { Refused } from './facts.ts'
import { type Line, type Loan, type Moves, noMoves } from './line.ts'

export interface Auditor {
  today: number
  readonly lines: Map<string, Line>
  readonly merchants: Map<string, MerchantFacts>
  /** What every account should hold, debit positive. */
  readonly holdings: Holdings
  /** Lines that something happened to since they were last compared. */
  readonly touched: Set<Line>
  /** Of them, those whose loans something happened to. */
  readonly touchedLoans: Set<Line>
  /**
   * Does what a request asks; the code of the refusal it must get, or null. `interrupted`: the server wrote it, but broke
   * off before what follows at once, which waits for the end of the day.
   */
  book(line: Line, deed: (moves: Moves) => void, interrupted?: boolean): string | null
  /** The end of today for everybody, and the morning after. */
  closeDay(): void
  /** Pays a merchant or settles with a funder what is owed by now: how much, from it where below zero. Nothing: 0. */
  payOut(payee: { merchantId: string } | { funderId: string }): number
}

export function createAuditor(today: number): Auditor {
  const holdings: Holdings = new Map()
  const standings = new Map<Loan, Holdings>()
  /** Credits of today to merchants: those paid a day later wait for tomorrow. */
  const fresh = new Map<string, number>()
  const auditor: Auditor = {
    today,
    lines: new Map(),
    merchants: new Map(),
    holdings,
    touched: new Set(),
    touchedLoans: new Set(),
    book(line, deed, interrupted = false) {
      const moves = noMoves()
      try {
        deed(moves)
      } catch (problem) {
        if (problem instanceof Refused) return problem.code
        throw problem
      }
      record(line, moves, interrupted)
      return null
    },
    closeDay() {
      for (const line of auditor.lines.values()) {
        if (!isBusy(line, auditor.today)) continue
        const moves = noMoves()
        closeLine(line, moves, auditor.today)
        record(line, moves, false)
      }
      for (const timing of ['at-once', 'T+0', 'T+1'] as const) {
        for (const merchant of auditor.merchants.values()) if (merchant.timing === timing) payMerchant(merchant, timing)
      }
      fresh.clear()
      auditor.today += 1
    },
    payOut(payee) {
      if ('merchantId' in payee) {
        const merchant = auditor.merchants.get(payee.merchantId)!
        return payMerchant(merchant, merchant.timing)
      }
      const account = names.settlement(payee.funderId)
      const amount = -(holdings.get(account) ?? 0)
      add(holdings, account, amount)
      add(holdings, names.bank, -amount)
      return amount
    },
  }

  function record(line: Line, moves: Moves, interrupted: boolean): void {
    auditor.touched.add(line)
    if (moves.loans.size > 0) auditor.touchedLoans.add(line)
    add(holdings, names.bank, moves.bank)
    add(holdings, names.credit(line.program.id), -moves.credit)
    add(holdings, names.merchantFee(line.program.id), -moves.merchantFee)
    for (const loan of moves.loans) {
      const now = standing(line.program, loan.facts.price, loan.state, auditor.today)
      for (const [account, amount] of standings.get(loan) ?? []) add(holdings, account, -amount)
      for (const [account, amount] of now) add(holdings, account, amount)
      standings.set(loan, now)
    }
    for (const { merchant, amount, of } of moves.payable) {
      if (of === 'upheld') {
        add(holdings, names.disputed(merchant.id), -amount)
        continue
      }
      add(holdings, names.payable(merchant.id), -amount)
      if (of === 'withheld') add(holdings, names.disputed(merchant.id), amount)
      if (amount > 0) fresh.set(merchant.id, (fresh.get(merchant.id) ?? 0) + amount)
      // At once is after a capture. A refund takes from the merchant as a whole, whatever its first loan alone gives.
      if (of === 'capture' && merchant.timing === 'at-once' && !interrupted) payMerchant(merchant, 'at-once')
    }
  }

  function payMerchant(merchant: MerchantFacts, timing: MerchantFacts['timing']): number {
    const account = names.payable(merchant.id)
    const waiting = timing === 'T+1' ? (fresh.get(merchant.id) ?? 0) : 0
    const amount = -(holdings.get(account) ?? 0) - waiting
    if (amount <= 0) return 0
    add(holdings, account, amount)
    add(holdings, names.bank, -amount)
    return amount
  }
  return auditor
}
