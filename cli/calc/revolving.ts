/** `chit calc revolving`: the bills of a revolving line. Documented in docs/calc-rates.md. */
import { currencyDecimals, formatMinor, type Minor, maxMinor } from '../../core/money.ts'
import {
  type BalanceTerms,
  type Hierarchy,
  type RatePercent,
  type RevolvingEvent,
  type RevolvingState,
  type RevolvingTerms,
  revolvingOn,
  type Statement,
} from '../../core/revolving/index.ts'
import { roundingNames } from '../../core/rounding.ts'
import { byIndex, lastDay, readId, readRounding } from './draw.ts'
import {
  absent,
  CalcProblem,
  type Fields,
  named,
  readAmount,
  readBoolean,
  readChoice,
  readDate,
  readDecimal,
  readFields,
  readFraction,
  readInteger,
  readList,
  readText,
  readTyped,
} from './input.ts'
import { laterOf } from './loan-event-input.ts'

export const lineFields = [
  'currency',
  'openedOn',
  'statementDay',
  'dueDay',
  'balances',
  'daysInYear',
  'interestFrom',
  'graceLost',
  'graceRegainedAfter',
  'minimum',
  'hierarchy',
  'rounding',
  'events',
  'asOf',
] as const

/** Of the objects within. */
export const lineParts = {
  balances: ['annualRatePercent', 'dailyRatePercent', 'changes', 'grace'],
  changes: ['from', 'annualRatePercent', 'dailyRatePercent'],
  minimum: ['percent', 'floor'],
  hierarchy: ['first', 'rest', 'billedFirst', 'minimumToLowestRate'],
  promotion: ['annualRatePercent', 'dailyRatePercent', 'until'],
} as const

/** What a field can be where that is one of a few words. */
export const lineChoices = {
  interestFrom: ['posting', 'statement'],
  graceLost: ['whole', 'unpaid'],
  rest: ['highest-rate', 'lowest-rate', 'oldest'],
  rounding: roundingNames,
} as const

/** Beside `id`, `type` and `on`. */
export const lineEventFields: Readonly<Record<RevolvingEvent['type'], readonly string[]>> = {
  purchase: ['amount', 'balance', 'promotion'],
  fee: ['amount'],
  penalty: ['amount'],
  payment: ['amount'],
  refund: ['of', 'amount'],
  convert: ['of', 'amount', 'instalments', 'feePercent'],
  'credit-refund': ['amount'],
  reversal: ['of'],
}

const DEFAULT_FIRST = ['penalty', 'fee', 'interest', 'instalment']

export interface RevolvingAnswer {
  readonly statements: readonly Readonly<Record<string, unknown>>[]
  readonly payments: readonly Readonly<Record<string, unknown>>[]
  readonly items: readonly Readonly<Record<string, unknown>>[]
  readonly plans: readonly Readonly<Record<string, unknown>>[]
  readonly inGrace: boolean
  readonly totals: Readonly<Record<string, string>>
  readonly payoff: { readonly on: string; readonly amount: string }
}

export function calcRevolving(input: unknown): RevolvingAnswer {
  const { terms, state } = readLine(readFields(input, 'input', lineFields))
  return answer(state, (amount) => formatMinor(amount, terms.currency))
}

/** The line on a day; absent: on `asOf`, or the day of the last event. */
export function readLine(
  fields: Fields,
  day?: string,
): { readonly terms: RevolvingTerms; readonly state: RevolvingState } {
  const terms = readTerms(fields)
  const events = readList(fields.events ?? [], 'events').map((event, k) => readEvent(event, k, terms.currency))
  // A last event before the account opened is refused as that.
  const latest = () => laterOf(lastDay(events), terms.openedOn)
  const asOf = day ?? (absent(fields.asOf) ? latest() : readDate(fields.asOf, 'asOf'))
  return { terms, state: byIndex(events, () => revolvingOn(terms, events, asOf)) }
}

function readTerms(fields: Fields): RevolvingTerms {
  const balances = readBalances(fields.balances)
  const currency = readText(fields.currency, 'currency')
  named('currency', () => currencyDecimals(currency))
  return {
    currency,
    openedOn: readDate(fields.openedOn, 'openedOn'),
    cycle: {
      statementDay: readInteger(fields.statementDay, 'statementDay', 1, 28),
      dueDay: readInteger(fields.dueDay, 'dueDay', 1, 28),
    },
    balances,
    daysInYear: readDaysInYear(fields.daysInYear ?? 365),
    interestFrom: readChoice(fields.interestFrom ?? 'posting', 'interestFrom', lineChoices.interestFrom),
    graceLost: readChoice(fields.graceLost ?? 'whole', 'graceLost', lineChoices.graceLost),
    graceRegainedAfter: readInteger(fields.graceRegainedAfter ?? 1, 'graceRegainedAfter', 1, 2),
    minimum: readMinimum(fields.minimum, currency),
    hierarchy: readHierarchy(fields.hierarchy, Object.keys(balances)),
    rounding: readRounding(fields.rounding),
  }
}

function readDaysInYear(value: unknown): 360 | 365 {
  if (value === 360 || value === 365) return value
  throw new CalcProblem('daysInYear', 'must be 360 or 365')
}

function readBalances(value: unknown): Record<string, BalanceTerms> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CalcProblem('balances', 'must be an object with at least "purchase"')
  }
  const balances = Object.entries(value).map(
    ([code, balance]) => [code, readBalance(balance, `balances.${code}`)] as const,
  )
  return Object.fromEntries(balances)
}

function readBalance(value: unknown, path: string): BalanceTerms {
  const fields = readFields(value, path, lineParts.balances)
  return {
    rate: readRate(fields, path),
    changes: readList(fields.changes ?? [], `${path}.changes`).map((change, k) => {
      const at = `${path}.changes[${k}]`
      const changed = readFields(change, at, lineParts.changes)
      return { from: readDate(changed.from, `${at}.from`), rate: readRate(changed, at) }
    }),
    grace: readBoolean(fields.grace, `${path}.grace`),
  }
}

/** Either a rate a year or a rate a day. */
function readRate(fields: Fields, path: string): RatePercent {
  const yearly = !absent(fields.annualRatePercent)
  const daily = !absent(fields.dailyRatePercent)
  if (yearly === daily) {
    throw new CalcProblem(`${path}.annualRatePercent`, 'state either annualRatePercent or dailyRatePercent')
  }
  return yearly
    ? { percent: readPercent(fields.annualRatePercent, `${path}.annualRatePercent`), per: 'year' }
    : { percent: readPercent(fields.dailyRatePercent, `${path}.dailyRatePercent`), per: 'day' }
}

/** Refused here, as core calls the rate otherwise. */
function readPercent(value: unknown, field: string): string {
  if (readFraction(value, field).num < 0n) throw new CalcProblem(field, 'is below zero', 'bad-rate')
  return readDecimal(value, field)
}

function readMinimum(value: unknown, currency: string): RevolvingTerms['minimum'] {
  const fields = readFields(value ?? { percent: '10' }, 'minimum', lineParts.minimum)
  return {
    percent: readDecimal(fields.percent, 'minimum.percent'),
    floor: absent(fields.floor) ? 0n : readAmount(fields.floor, 'minimum.floor', currency),
  }
}

function readHierarchy(value: unknown, balances: readonly string[]): Hierarchy {
  const fields = readFields(value ?? {}, 'hierarchy', lineParts.hierarchy)
  const codes = [...new Set([...balances, ...DEFAULT_FIRST])]
  const first = readList(fields.first ?? DEFAULT_FIRST, 'hierarchy.first')
  return {
    first: first.map((code, k) => readChoice(code, `hierarchy.first[${k}]`, codes)),
    rest: readChoice(fields.rest ?? 'highest-rate', 'hierarchy.rest', lineChoices.rest),
    billedFirst: readBoolean(fields.billedFirst ?? true, 'hierarchy.billedFirst'),
    minimumToLowestRate: readBoolean(fields.minimumToLowestRate ?? false, 'hierarchy.minimumToLowestRate'),
  }
}

function readEvent(value: unknown, index: number, currency: string): RevolvingEvent {
  const path = `events[${index}]`
  const { type, fields } = readTyped(value, path, lineEventFields)
  const base = { id: readId(fields.id, path, index), on: readDate(fields.on, `${path}.on`) }
  const of = () => readText(fields.of, `${path}.of`)
  if (type === 'reversal') return { ...base, type, of: of() }
  const amount = readAmount(fields.amount, `${path}.amount`, currency)
  switch (type) {
    case 'purchase':
      return { ...base, type, amount, ...readPurchase(fields, path) }
    case 'refund':
      return { ...base, type, amount, of: of() }
    case 'convert':
      return {
        ...base,
        type,
        amount,
        of: of(),
        instalments: readInteger(fields.instalments, `${path}.instalments`, 1, 600),
        feePercent: readPercent(fields.feePercent ?? '0', `${path}.feePercent`),
      }
    default:
      return { ...base, type, amount }
  }
}

function readPurchase(
  fields: Fields,
  path: string,
): Pick<RevolvingEvent & { type: 'purchase' }, 'balance' | 'promotion'> {
  const balance = absent(fields.balance) ? {} : { balance: readText(fields.balance, `${path}.balance`) }
  if (absent(fields.promotion)) return balance
  const at = `${path}.promotion`
  const promotion = readFields(fields.promotion, at, lineParts.promotion)
  return { ...balance, promotion: { rate: readRate(promotion, at), until: readDate(promotion.until, `${at}.until`) } }
}

type Money = (amount: Minor) => string

function answer(state: RevolvingState, money: Money): RevolvingAnswer {
  return {
    statements: state.statements.map((statement) => statementRow(statement, money)),
    payments: state.spreads.map(({ eventId, on, amount, byCode, credit }) => ({
      id: eventId,
      on,
      amount: money(amount),
      to: Object.fromEntries(Object.entries(byCode).map(([code, part]) => [code, money(part)])),
      credit: money(credit),
    })),
    items: state.items
      .filter((item) => item.remaining > 0n)
      .map((item) => ({ ...item, amount: money(item.amount), remaining: money(item.remaining) })),
    plans: state.plans.map((plan) => ({ ...plan, amount: money(plan.amount), unbilled: money(plan.unbilled) })),
    inGrace: state.inGrace,
    totals: { accruedInterest: money(state.accruedInterest), creditBalance: money(state.creditBalance) },
    // Where the credit is more than the debt, nothing ends it.
    payoff: { on: state.asOf, amount: money(maxMinor(state.payoff, 0n)) },
  }
}

function statementRow(statement: Statement, money: Money): Record<string, unknown> {
  const { minimumParts } = statement
  return {
    n: statement.n,
    openedOn: statement.openedOn,
    closedOn: statement.closedOn,
    dueOn: statement.dueOn,
    previousBalance: money(statement.previousBalance),
    debits: money(statement.debits),
    interest: money(statement.interest),
    interestByBalance: Object.fromEntries(statement.interestByBalance.map((line) => [line.code, money(line.interest)])),
    fees: money(statement.fees),
    instalments: money(statement.instalments),
    credits: money(statement.credits),
    converted: money(statement.converted),
    balance: money(statement.balance),
    minimum: money(statement.minimum),
    minimumParts: {
      principal: money(minimumParts.principal),
      charges: money(minimumParts.charges),
      instalments: money(minimumParts.instalments),
      arrears: money(minimumParts.arrears),
    },
    paidByDue: statement.paidByDue === null ? null : money(statement.paidByDue),
    standing: statement.standing,
  }
}
