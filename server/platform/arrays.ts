/**
 * PostgreSQL array literals. Own code instead of the driver's, which mistakes an array of bigint or boolean for a single
 * value, and an array of objects with a `type` for one of its own parameters.
 */

/** `[1n, null]` → `{1,NULL}`; elements are quoted unless `plain` says that they never need it. */
export function arrayLiteral<Item>(
  items: readonly (Item | null)[],
  print: (item: Item) => string,
  plain = false,
): string {
  const printed = items.map((item) => {
    if (item === null) return 'NULL'
    return plain ? print(item) : `"${print(item).replace(/[\\"]/g, '\\$&')}"`
  })
  return `{${printed.join(',')}}`
}

/** `{1,NULL}` → `[parse('1'), null]`. One dimension: no table here has more. */
export function parseArray<Item>(literal: string, parse: (text: string) => Item): (Item | null)[] {
  const items: (Item | null)[] = []
  let at = 1
  while (at < literal.length - 1) {
    if (literal[at] === '"') {
      const end = closingQuote(literal, at + 1)
      items.push(parse(literal.slice(at + 1, end).replace(/\\(.)/gs, '$1')))
      at = end + 2
    } else {
      const comma = literal.indexOf(',', at)
      const end = comma === -1 ? literal.length - 1 : comma
      const text = literal.slice(at, end)
      items.push(text === 'NULL' ? null : parse(text))
      at = end + 1
    }
  }
  return items
}

function closingQuote(literal: string, from: number): number {
  let at = from
  while (literal[at] !== '"') at += literal[at] === '\\' ? 2 : 1
  return at
}
