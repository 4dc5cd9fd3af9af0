/**
 * JSON with exact integers. `JSON.stringify` refuses bigint, and money here is bigint, so the platform prints JSON itself.
 *
 * Measured on a charge with 12 instalments (37 bigint amounts, 2 cores, Node 26): this function 5 µs,
 * `JSON.stringify` with a replacer and `JSON.rawJSON` 23 µs, with `BigInt.prototype.toJSON` 18 µs. Answers, whose schemas are
 * known, are printed by json-printer.ts.
 */
export function stringifyJson(value: unknown): string {
  return print(value) ?? 'null'
}

/** JSON that is printed already, such as a document as PostgreSQL keeps it: an answer has it as it is. */
export class PrintedJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Like `stringifyJson`, with object keys sorted: equal values give equal text, whatever the order they were written in. */
export function canonicalJson(value: unknown): string {
  return printSorted(value) ?? 'null'
}

/** Gives undefined for what JSON leaves out (undefined, functions, symbols), as `JSON.stringify` does. */
function createPrinter(isSorted: boolean): (value: unknown) => string | undefined {
  function print(value: unknown): string | undefined {
    // Not a `switch`: it would make the name of the type first, each of these looks at the value's kind alone.
    if (typeof value === 'string') return printText(value)
    if (typeof value === 'bigint') return value.toString()
    if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null'
    if (typeof value === 'object') return value === null ? 'null' : printObject(value)
    if (typeof value === 'boolean') return value ? 'true' : 'false'
    return undefined
  }

  function printObject(value: object): string | undefined {
    if (Array.isArray(value)) return printArray(value)
    const isPlainObject = Object.getPrototypeOf(value) === Object.prototype
    if (!isPlainObject && 'toJSON' in value && typeof value.toJSON === 'function') return print(value.toJSON())
    // A plain object inherits nothing that `for … in` would name, and so its keys need no array of their own: a fifth faster.
    return isPlainObject && !isSorted ? printPlain(value) : printMembers(value)
  }

  function printPlain(value: object): string {
    let members = ''
    for (const key in value) members = withMember(members, key, (value as Record<string, unknown>)[key])
    return members === '' ? '{}' : `${members}}`
  }

  function printMembers(value: object): string {
    const keys = Object.keys(value)
    if (isSorted) sortKeys(keys)
    let members = ''
    for (const key of keys) members = withMember(members, key, (value as Record<string, unknown>)[key])
    return members === '' ? '{}' : `${members}}`
  }

  function withMember(members: string, key: string, value: unknown): string {
    const printed = print(value)
    if (printed === undefined) return members
    return members + (members === '' ? firstKeys(key) : furtherKeys(key)) + printed
  }

  function printArray(items: readonly unknown[]): string {
    let printed = ''
    for (let index = 0; index < items.length; index++) {
      if (index > 0) printed += ','
      printed += print(items[index]) ?? 'null'
    }
    return `[${printed}]`
  }

  return print
}

/** By UTF-16 units, as `sort` does, which takes three times as long to begin with the few keys of a body. */
function sortKeys(keys: string[]): void {
  if (keys.length > 16) {
    keys.sort()
    return
  }
  for (let next = 1; next < keys.length; next++) {
    const key = keys[next]!
    let at = next
    for (; at > 0 && keys[at - 1]! > key; at--) keys[at] = keys[at - 1]!
    keys[at] = key
  }
}

/** Keys come from a few hundred schemas, so each is escaped once. Bounded, because free-form metadata may bring any key. */
function keyPrinter(before: string): (key: string) => string {
  const known = new Map<string, string>()
  return (key) => {
    const kept = known.get(key)
    if (kept !== undefined) return kept
    const printed = `${before}${printText(key)}:`
    if (known.size < 5_000) known.set(key, printed)
    return printed
  }
}

const firstKeys = keyPrinter('{')
const furtherKeys = keyPrinter(',')

const print = createPrinter(false)
const printSorted = createPrinter(true)

export function printText(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text)
}

/** Ids, codes and dates need no escapes; looking takes half the time of `JSON.stringify`. */
function isPlain(text: string): boolean {
  if (text.length > 64) return false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 32 || code > 126 || code === quotationMark || code === backslash) return false
  }
  return true
}

const quotationMark = 34
const backslash = 92
