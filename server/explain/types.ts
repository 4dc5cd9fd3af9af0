import type { Minor } from '../../core/money.ts'
import type { EventView } from '../journal/service.ts'

/** One amount, and what makes it: a formula in words and numbers, the parts it sums, each explained in turn. */
export interface Node {
  readonly title: string
  readonly amount: Minor
  readonly formula: string
  /** Where this amount has an explanation of its own. */
  readonly id: string | null
  readonly parts: readonly Node[]
}

export interface Explanation extends Node {
  readonly currency: string
  /** The terms that bind the amount, by name. */
  readonly terms: Readonly<Record<string, string>>
  /** Journal rows that made it, oldest first. */
  readonly events: readonly EventView[]
}

export function leaf(title: string, amount: Minor, formula: string, id: string | null = null): Node {
  return { title, amount, formula, id, parts: [] }
}
