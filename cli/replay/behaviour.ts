/**
 * How customers choose and repay, by draws from the seed: the same file and seed give the same behaviour, whatever else
 * happens, because a draw depends on what it is for and on no draw before it.
 */
import { createHash } from 'node:crypto'
import { currencyDecimals, type Minor } from '../../core/money.ts'

/** A number from 0 up to 1, the same for the same words. */
export function draw(...words: readonly (string | number)[]): number {
  const digest = createHash('sha256').update(words.join('\u0000')).digest()
  return digest.readUIntBE(0, 6) / 2 ** 48
}

function pick<Choice extends string>(at: number, shares: Readonly<Record<Choice, number>>): Choice {
  let left = at * 100
  const choices = Object.entries(shares) as [Choice, number][]
  for (const [choice, percent] of choices) {
    left -= percent
    if (left < 0) return choice
  }
  return choices[0]![0]
}

/** Percent of customers. */
export const habits = { autopay: 70, 'by hand': 14, 'in parts': 6, late: 6, 'failing autopay': 2, never: 2 } as const
export type Habit = keyof typeof habits

export const habitWords: Readonly<Record<Habit, string>> = {
  autopay: 'autopay of the whole bill on the due day',
  'by hand': 'pays the whole bill 1 to 8 days before it is due',
  'in parts': 'pays half of a bill 5 days before it is due and the rest on the due day',
  late: 'pays each bill 1 to 45 days after it was due',
  'failing autopay': 'autopay that fails, then pays 2 to 15 days after the due day',
  never: 'never pays',
}

export function habitOf(seed: number, customer: string): Habit {
  return pick(draw(seed, 'habit', customer), habits)
}

/** A payment that a customer makes for a bill. */
export interface Intent {
  readonly on: string
  readonly part: 'half' | 'rest'
}

/** What a customer does about a bill besides autopay. */
export function intentsFor(seed: number, habit: Habit, customer: string, dueOn: string): readonly Intent[] {
  const roll = draw(seed, 'bill', customer, dueOn)
  const daysFromDue = (least: number, most: number) => shifted(dueOn, least + Math.floor(roll * (most - least + 1)))
  switch (habit) {
    case 'by hand':
      return [{ on: daysFromDue(-8, -1), part: 'rest' }]
    case 'in parts':
      return [
        { on: shifted(dueOn, -5), part: 'half' },
        { on: dueOn, part: 'rest' },
      ]
    case 'late':
      return [{ on: daysFromDue(1, 45), part: 'rest' }]
    case 'failing autopay':
      return [{ on: daysFromDue(2, 15), part: 'rest' }]
    default:
      return []
  }
}

export function shifted(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

/** Percent of orders large enough for the plan; the others are paid with the next bill. */
export const planShares = { 'pay-later': 55, '3x-free': 20, '6x': 15, '12x': 10 } as const
export type PlanCode = keyof typeof planShares

/** Smallest amount of each plan, in major units of the currency (hundreds of them where it has no smaller unit). */
const planFrom: Readonly<Record<PlanCode, bigint>> = { 'pay-later': 0n, '3x-free': 60n, '6x': 120n, '12x': 240n }

export function smallestFor(plan: PlanCode, currency: string): Minor {
  return planFrom[plan] * unitOf(currency)
}

/** One major unit in minor units; a hundred of them where the currency has no smaller unit. */
export function unitOf(currency: string): Minor {
  return 10n ** BigInt(currencyDecimals(currency) || 2)
}

export function planFor(seed: number, order: string, amount: Minor, currency: string): PlanCode {
  const wanted = pick(draw(seed, 'plan', order), planShares)
  return amount >= smallestFor(wanted, currency) ? wanted : 'pay-later'
}
