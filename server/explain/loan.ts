/** Why an instalment, a bill's line, a bill or a repayment is what it is. */
import { decodeEvent, foldLoan } from '../../core/loan/index.ts'
import type { Instalment, LoanState } from '../../core/loan/types.ts'
import { formatMinor, type Minor } from '../../core/money.ts'
import { unpaidComponent, unpaidOf } from '../../core/program/bill.ts'
import { type EventView, viewOfEvent } from '../journal/service.ts'
import { readEventsBySeq, type StoredEvent } from '../journal/store.ts'
import * as loans from '../loans/service.ts'
import type { Loan } from '../loans/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as repayments from '../repayments/service.ts'
import * as statements from '../statements/service.ts'
import { formulasOf, type Money } from './formulas.ts'
import { type Explanation, leaf, type Node } from './types.ts'

/** `loa_….3`: the third instalment as it stands now. */
export async function explainInstalment(ctx: Context, loanId: string, n: number): Promise<Explanation> {
  const loan = await loans.find(ctx, loanId)
  const stored = await readEventsBySeq(ctx, loan.shard, loan.eventSeqs)
  const instalment = instalmentOf(loan.state, n, loanId)
  const money = (amount: Minor) => formatMinor(amount, loan.currency)
  return {
    id: `${loanId}.${n}`,
    title: `Instalment ${n} of ${loan.state.instalments.length}, due ${instalment.dueOn}`,
    amount: unpaidOf(instalment),
    formula: 'principal + interest + fees + late charges, each less what was paid, waived or written off',
    currency: loan.currency,
    terms: termsOf(loan),
    parts: partsOf(loan.state, instalment, money),
    events: stored.map(viewWithCursor),
  }
}

function instalmentOf(state: LoanState, n: number, loanId: string): Instalment {
  const instalment = state.instalments.find((candidate) => candidate.n === n)
  if (instalment === undefined) {
    throw problem('not-found', { detail: `Loan ${loanId} has instalments 1 to ${state.instalments.length}.` })
  }
  return instalment
}

function viewWithCursor(event: StoredEvent): EventView {
  return viewOfEvent(event, String(event.seq))
}

function termsOf(loan: Loan): Record<string, string> {
  const { terms } = loan.state
  return {
    programId: loan.programId,
    termsVersion: String(loan.termsVersion),
    plan: loan.plan,
    method: terms.method,
    instalments: String(terms.instalments),
    annualRatePercent: terms.annualRatePercent,
    interestPeriod: terms.interestPeriod,
    dayCount: terms.dayCount,
    rounding: terms.rounding,
    disbursedOn: terms.disbursedOn,
  }
}

function partsOf(state: LoanState, instalment: Instalment, money: Money): Node[] {
  const paid = (amount: Minor, given: Minor) =>
    [
      ...(amount === 0n ? [] : [`less ${money(amount)} paid`]),
      ...(given === 0n ? [] : [`less ${money(given)} waived or written off`]),
    ].join(', ')
  const withPaid = (formula: string, rest: string) => (rest === '' ? formula : `${formula}; ${rest}`)
  const formulas = formulasOf(state, instalment, money)
  const nodes = [
    leaf(
      'Principal',
      unpaidComponent(instalment, 'principal'),
      withPaid(formulas.principal, paid(instalment.principalPaid, instalment.principalWrittenOff)),
    ),
    leaf(
      'Interest',
      unpaidComponent(instalment, 'interest'),
      withPaid(
        formulas.interest,
        paid(instalment.interestPaid, instalment.interestWaived + instalment.interestWrittenOff),
      ),
    ),
    leaf(
      'Fees',
      unpaidComponent(instalment, 'fee'),
      withPaid(
        `${money(instalment.fee)} charged`,
        paid(instalment.feePaid, instalment.feeWaived + instalment.feeWrittenOff),
      ),
    ),
    leaf(
      'Late charges',
      unpaidComponent(instalment, 'penalty'),
      withPaid(formulas.late, paid(instalment.penaltyPaid, instalment.penaltyWaived + instalment.penaltyWrittenOff)),
    ),
  ]
  return nodes.filter((node, index) => index < 2 || node.amount !== 0n || chargedOf(instalment, index) !== 0n)
}

function chargedOf(instalment: Instalment, index: number): Minor {
  return [instalment.principal, instalment.interest, instalment.fee, instalment.penalty][index]!
}

/** `stm_….2`: the second line of a bill, from the loan as it was known when the bill closed. */
export async function explainStatementItem(ctx: Context, statementId: string, position: number): Promise<Explanation> {
  const statement = await statements.find(ctx, statementId)
  const item = statement.items[position - 1]
  if (item === undefined) {
    throw problem('not-found', { detail: `Statement ${statementId} has lines 1 to ${statement.items.length}.` })
  }
  const loan = await loans.find(ctx, item.loanId)
  const stored = await readEventsBySeq(ctx, loan.shard, loan.eventSeqs)
  const known = stored.filter((event) => event.effectiveOn <= statement.closedOn)
  const state = foldLoan(
    loan.terms,
    known.flatMap((event) => loanEventsOf(event)),
  )
  const instalment = instalmentOf(state, item.instalment, loan.id)
  const money = (amount: Minor) => formatMinor(amount, loan.currency)
  const kind = item.kind === 'arrears' ? 'in arrears' : 'new'
  return {
    id: `${statementId}.${position}`,
    title: `Line ${position} of statement ${statement.number}: instalment ${item.instalment} of ${loan.plan}, ${kind}, due ${item.dueOn}`,
    amount: BigInt(item.total),
    formula: 'what was unpaid of the instalment when the bill closed',
    currency: loan.currency,
    terms: { ...termsOf(loan), closedOn: statement.closedOn, dueOn: statement.dueOn },
    parts: partsOf(state, instalment, money),
    events: known.map(viewWithCursor),
  }
}

function loanEventsOf(event: StoredEvent) {
  const { loanEvent } = event.data
  return loanEvent === undefined ? [] : [decodeEvent(loanEvent as Parameters<typeof decodeEvent>[0])]
}

export async function explainStatement(ctx: Context, statementId: string): Promise<Explanation> {
  const statement = await statements.view(ctx, statementId)
  const programTerms = {
    closedOn: statement.closedOn,
    dueOn: statement.dueOn,
    minimum: formatMinor(statement.minimum, statement.currency),
  }
  return {
    id: statementId,
    title: `Statement ${statement.number} of ${statement.closedOn}, due ${statement.dueOn}`,
    amount: statement.total,
    formula: 'the sum of its lines: everything unpaid that is due up to the due date',
    currency: statement.currency,
    terms: programTerms,
    parts: statement.items.map((item) =>
      leaf(
        `Instalment ${item.instalment}, due ${item.dueOn} (${item.kind})`,
        item.total,
        'unpaid of the instalment at the close',
        item.id,
      ),
    ),
    events: [],
  }
}

export async function explainRepayment(ctx: Context, repaymentId: string): Promise<Explanation> {
  const repayment = await repayments.find(ctx, repaymentId)
  const money = (amount: Minor) => formatMinor(amount, repayment.currency)
  const spread = repayment.allocations.map((part) => {
    const [principal, interest, fee, penalty] = [part.principal, part.interest, part.fee, part.penalty].map((amount) =>
      money(BigInt(amount)),
    )
    return leaf(
      `Loan ${part.loanId}`,
      BigInt(part.amount),
      `late charges ${penalty} + fees ${fee} + interest ${interest} + principal ${principal}, in the program's order, oldest due date first`,
      null,
    )
  })
  const kept = repayment.creditMinor === 0n ? [] : [leaf('Kept as credit', repayment.creditMinor, 'more than was owed')]
  return {
    id: repaymentId,
    title: `Repayment of ${repayment.effectiveOn} (${repayment.source}), ${repayment.status}`,
    amount: repayment.amountMinor,
    formula: 'the sum of what each loan got and what was kept as credit',
    currency: repayment.currency,
    terms: { source: repayment.source, effectiveOn: repayment.effectiveOn },
    parts: [...spread, ...kept],
    events: [],
  }
}
