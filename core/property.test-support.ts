/** What properties of 100,000 cases need to be quick: most of their time would go into making and comparing objects. */
import assert from 'node:assert/strict'
import fc from 'fast-check'

const day0 = Date.UTC(2023, 0, 1)
const dayTexts: string[] = []
const dayOffsets = new Map<string, number>()

/** The day so many days after 1 January 2023, from a calendar that is not core's. */
export function dayText(offset: number): string {
  const known = dayTexts[offset]
  if (known !== undefined) return known
  const text = new Date(day0 + offset * 86_400_000).toISOString().slice(0, 10)
  dayTexts[offset] = text
  dayOffsets.set(text, offset)
  return text
}

/** The inverse. */
export function dayOffset(text: string): number {
  return dayOffsets.get(text) ?? (Date.parse(text) - day0) / 86_400_000
}

/**
 * How many cases a property sees: a few in a run of all the tests, and CHIT_PROPERTY_RUNS in a run of the properties, or a part
 * of either.
 */
export function cases(few: number, part = 1): number {
  return Math.ceil(Number(process.env.CHIT_PROPERTY_RUNS ?? few) * part)
}

/** Objects as other code makes them; every second one of `fc.record` has no prototype and is read slowly. */
export function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

/** `assert.deepEqual` for what is usually equal: that takes ten times as long, and tells the difference where there is one. */
export function assertSame(actual: unknown, expected: unknown): void {
  if (!isSame(actual, expected)) assert.deepEqual(actual, expected)
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, at) => isSame(each, b[at]))
  // A Map or a Set has no keys of its own: whatever is not plain is left to the assertion.
  if (Object.getPrototypeOf(a) !== Object.prototype || Object.getPrototypeOf(b) !== Object.prototype) return false
  let keys = 0
  for (const key in a) {
    if (!(key in b) || !isSame(a[key as never], b[key as never])) return false
    keys++
  }
  for (const _ in b) keys--
  return keys === 0
}
