/** Readers of the JSON that `chit calc` takes. Each names the field it could not read; nothing is coerced or guessed. */
import { parseDay } from '../../core/calendar.ts'
import { type Fraction, parseDecimal } from '../../core/fraction.ts'
import { type Minor, parseMinor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'

/** Wrong input: `field` is its path, for example `events[2].amount`. */
export class CalcProblem extends Problem {
  constructor(field: string, message: string, code = 'invalid-input') {
    super(code, `${field}: ${message}`, field)
  }
}

export type Fields = Readonly<Record<string, unknown>>

export function absent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** The reader's value, or what is usual where the field is absent or null. */
export function or<T>(value: unknown, usual: T, read: (value: unknown) => T): T {
  return absent(value) ? usual : read(value)
}

/** An object with no fields but the known ones; `path` is what it is called in messages. */
export function readFields(value: unknown, path: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CalcProblem(path, 'must be an object')
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new CalcProblem(path === 'input' ? name : `${path}.${name}`, 'unknown field')
  }
  return { ...value }
}

/** An event's type, and its fields: those of its type beside `id`, `type` and `on`. */
export function readTyped<T extends string>(
  value: unknown,
  path: string,
  fieldsOf: Readonly<Record<T, readonly string[]>>,
): { readonly type: T; readonly fields: Fields } {
  const all = Object.values<readonly string[]>(fieldsOf).flat()
  const anything = readFields(value, path, ['id', 'type', 'on', ...all])
  const type = readChoice(anything.type, `${path}.type`, Object.keys(fieldsOf) as T[])
  return { type, fields: readFields(value, path, ['id', 'type', 'on', ...fieldsOf[type]]) }
}

export function readText(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new CalcProblem(field, 'must be a string')
  return value
}

export function readBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new CalcProblem(field, 'must be true or false')
  return value
}

export function readInteger(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new CalcProblem(field, `must be a whole number from ${min} to ${max}`)
  }
  return value
}

export function readChoice<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw new CalcProblem(field, `must be one of ${choices.join(', ')}`)
  return found
}

export function readList(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new CalcProblem(field, 'must be an array')
  return value
}

/** A plain decimal string such as "17.52", returned as written. */
export function readDecimal(value: unknown, field: string): string {
  const text = readText(value, field)
  named(field, () => parseDecimal(text))
  return text
}

export function readFraction(value: unknown, field: string): Fraction {
  const text = readText(value, field)
  return named(field, () => parseDecimal(text))
}

/** YYYY-MM-DD that exists in the calendar, returned as written. */
export function readDate(value: unknown, field: string): string {
  const text = readText(value, field)
  named(field, () => parseDay(text))
  return text
}

/** An amount as a decimal string of its currency. */
export function readAmount(value: unknown, field: string, currency: string): Minor {
  const text = readText(value, field)
  return named(field, () => parseMinor(text, currency))
}

/** Runs a reader of core and gives its problem the name of the field. */
export function named<T>(field: string, read: () => T): T {
  try {
    return read()
  } catch (problem) {
    if (problem instanceof Problem) throw new CalcProblem(field, problem.message, problem.code)
    throw problem
  }
}
