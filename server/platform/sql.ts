/** Templates of SQL: what stands between the pieces becomes a parameter, a quoted name, or a piece of SQL in its place. */
import { printParameter, type Sendable, TypedValue } from './wire.ts'

/** Text, or bytes in PostgreSQL's binary format. */
export type SentValue = string | Buffer | null

/** What is sent to PostgreSQL. */
export interface Statement {
  readonly text: string
  /** For $1, $2, … */
  readonly values: readonly SentValue[]
}

export type Part = Sendable | Fragment | Names

/** A piece of SQL that is not yet run; a whole statement or a part of one. */
export class Fragment {
  readonly strings: readonly string[]
  readonly parts: readonly Part[]

  constructor(strings: readonly string[], parts: readonly Part[]) {
    this.strings = strings
    this.parts = parts
  }
}

/** Names of columns or one of a table: camelCase becomes snake_case, and all are quoted. */
export class Names {
  readonly text: string

  constructor(names: string | readonly string[]) {
    this.text = (typeof names === 'string' ? [names] : names).map(quoteName).join(',')
  }
}

function quoteName(name: string): string {
  return `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('"', '""')}"`
}

const camelNames = new Map<string, string>()

/** `due_on` → `dueOn`. Kept, because each row of a few hundred columns asks; bounded, because a query may name any. */
export function camelName(column: string): string {
  const known = camelNames.get(column)
  if (known !== undefined) return known
  const name = column.replace(/(?!^)_(.)/g, (_, letter: string) => letter.toUpperCase())
  if (camelNames.size < 5_000) camelNames.set(column, name)
  return name
}

export function statementOf(fragment: Fragment): Statement {
  const values: SentValue[] = []
  return { text: render(fragment, values), values }
}

function render({ strings, parts }: Fragment, values: SentValue[]): string {
  let text = strings[0]!
  for (let index = 0; index < parts.length; index++) text += renderPart(parts[index]!, values) + strings[index + 1]!
  return text
}

function renderPart(part: Part, values: SentValue[]): string {
  if (part instanceof Fragment) return render(part, values)
  if (part instanceof Names) return part.text
  const value = printParameter(part)
  const place = values.push(value instanceof TypedValue ? value.text : value)
  return value instanceof TypedValue ? `$${place}::${value.type}` : `$${place}`
}
