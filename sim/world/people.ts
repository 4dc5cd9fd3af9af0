/** What the people of a world share, and how an answer is held against what the auditor says. */
import { textOf } from '../auditor/arithmetic.ts'
import type { Auditor } from '../auditor/auditor.ts'
import type { MerchantFacts, ProgramFacts } from '../auditor/facts.ts'
import type { Dispute, Line, Loan } from '../auditor/line.ts'
import type { Design } from './contracts.ts'
import type { Answer, Courier, Desk, Json } from './courier.ts'

export interface Habit {
  readonly pays:
    | 'autopay'
    | 'bounces'
    | 'on-time'
    | 'early'
    | 'late'
    | 'never'
    | 'minimum'
    | 'partial'
    | 'double'
    | 'settles'
    | 'ahead'
  /** Purchases a day. */
  readonly buys: number
  readonly most: number
  readonly plans: readonly string[]
  /** Part of purchases that go back. */
  readonly returns: number
  /** Part of purchases that are held first. */
  readonly holds: number
  /** How likely it is on a day that something bought lately is disputed, where it is past due; a quarter of it where not. */
  readonly disputes: number
}

/** What somebody does, one thing after the other. On most days it is nothing, which then costs not even a promise. */
export type Deeds = Generator<Promise<void>, void>

export interface Shopper {
  readonly number: number
  readonly habit: Habit
  readonly line: Line
}

export interface Product {
  design: Design
  facts: ProgramFacts
}

export interface World {
  readonly seed: number
  readonly auditor: Auditor
  readonly courier: Courier
  readonly shoppers: Shopper[]
  readonly products: Product[]
  readonly funders: readonly string[]
  readonly merchants: readonly string[]
  /** What everybody has in common, whatever else is drawn for them. */
  readonly custom: Partial<Habit>
  /** What has to wait until nobody else is at it: dealings with a merchant that is paid at once, in order of shoppers. */
  later: { readonly number: number; readonly work: (desk: Desk) => Promise<void> }[]
}

/** Books a request with the auditor and holds the answer against it. Gives the body of what was done, null of a refusal. */
export function agree(
  world: World,
  line: Line,
  { status, body, interrupted }: Answer,
  deed: Parameters<Auditor['book']>[1],
  what: string,
): Json | null {
  const code = world.auditor.book(line, deed, interrupted)
  const given = status < 300 ? null : body.code
  if (code === given) return code === null ? body : null
  throw new Error(
    `${what}: answered ${given ?? 'yes'} (${body.detail ?? ''}), should be ${code ?? 'yes'}. ${describe(line)}`,
  )
}

/** What a merchant that is paid at once is paid depends on what came before: such dealings come one after the other. */
export async function dealWith(
  world: World,
  desk: Desk,
  { number }: Shopper,
  merchant: MerchantFacts,
  work: (desk: Desk) => Promise<void>,
): Promise<void> {
  if (merchant.timing === 'at-once') world.later.push({ number, work })
  else await work(desk)
}

/** Throws where an answer shows something else than the auditor reckons. */
export function same(differences: readonly string[], what: string, line: Line): void {
  if (differences.length > 0) throw new Error(`${what}: ${differences.join('; ')}. ${describe(line)}`)
}

/** What happened to a line, for whoever looks into a difference. */
export function describe(line: Line): string {
  const story = (loan: Loan) =>
    `loan ${loan.id} of ${loan.chargeId} ${loan.facts.plan.code} ${loan.facts.price} on ${textOf(loan.facts.openedOn)}, due ${loan.facts.dues.map(textOf).join(' ')}: ${loan.happenings
      .map(({ key: _, on, ...happening }) => `${textOf(on)} ${JSON.stringify(happening)}`)
      .join(', ')}`
  const told = ({ id, charge, status, openedOn, resolvedOn, amount, withheld, refund }: Dispute) =>
    `dispute ${id} of ${charge.id}: ${status}, on ${textOf(openedOn)}, ended ${resolvedOn === null ? 'not yet' : textOf(resolvedOn)}, amount ${amount}, withheld ${withheld}, upheld ${refund?.amount ?? 0}`
  return [
    `line ${line.id}: ${line.status}, limit ${line.limit}, credit ${line.credit}`,
    ...line.loans.map(story),
    ...line.disputes.map(told),
  ].join('\n    ')
}
