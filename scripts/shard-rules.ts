/** Reads the text of an SQL function for statements that leave their shard. Strict: what it does not know, it refuses. */

/** What begins first counts: a string may hold what looks like a comment, and a comment an apostrophe. */
const stringsAndComments = /'(?:[^']|'')*'|--.*$|\/\*[\s\S]*?\*\//gm

/** In small letters, on one line, without comments and strings, names unquoted and without their schema. */
export function plainSql(source: string): string {
  return source
    .replace(stringsAndComments, (found) => (found.startsWith("'") ? "''" : ' '))
    .toLowerCase()
    .replaceAll('"', '')
    .replace(/\bpublic\./g, '')
    .replace(/\s+/g, ' ')
    .replace(/\( /g, '(')
    .replace(/ ([,)])/g, '$1')
    .trim()
}

/** Split where a statement ends, and where a loop or a branch has others inside. */
function statementsOf(sql: string): string[] {
  const begins = 'insert|update|delete|merge|select|perform|return|with|if|for|truncate|lock|execute|call|table'
  return sql
    .split(new RegExp(`;|\\bloop\\b|\\b(?:then|else|begin)\\b(?= (?:${begins})\\b)`))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

/** What stands between the same parentheses as a place of the text; deeper ones are a `_`, and a union has several. */
export function surroundings(text: string, place: number): string {
  const own = '\u0001'
  const marked = text.slice(0, place) + own + text.slice(place)
  const opened: number[] = []
  let from = 0
  let to = marked.length
  for (let at = 0; at < marked.length; at++) {
    if (marked[at] === '(') opened.push(at)
    if (marked[at] === own) from = (opened.at(-1) ?? -1) + 1
    if (marked[at] === ')' && opened.pop() === from - 1 && marked.slice(from, at).includes(own)) to = Math.min(to, at)
  }
  let inside = marked.slice(from, to)
  while (/\([^()]*\)/.test(inside)) inside = inside.replace(/\([^()]*\)/g, '_')
  const part = inside.split(/\b(?:union|except|intersect)\b/).find((candidate) => candidate.includes(own)) ?? ''
  return part.replace(own, '')
}

/** The clause after a word, up to the next one. */
function clauses(text: string, word: string): string[] {
  const next = /\b(from|where|group by|order by|limit|offset|returning|for update|on conflict|having|window)\b/
  return text
    .split(new RegExp(`\\b${word}\\b`))
    .slice(1)
    .map((rest) => rest.split(next)[0]!.trim())
}

/** One of the terms of a `where`, which all have to hold. */
function isKept(around: string, alias: string): boolean {
  return clauses(around, 'where').some(
    (condition) => !/\b(or|case)\b/.test(condition) && condition.split(/ and /).includes(`${alias}.shard = p_shard`),
  )
}

function moveFault(around: string, table: string): string | null {
  const isMoved = clauses(around, 'set').some((set) => /^_ =|\bshard =/.test(set))
  return isMoved ? `${table}: the shard of a row is changed` : null
}

function insertFault(text: string, place: number, table: string): string | null {
  const rest = text.slice(place + table.length).trim()
  const one = /^\(shard, [^()]*\) values \(p_shard(, [^()]*)?\)( on conflict.*)?$/
  const own = /^\(shard, [^()]*\) select p_shard, /
  const whole = /^select r\.\* from unnest\(p_\w+\) r where r\.shard = p_shard( and (?!.*\bor\b).*)?$/
  const isOwn = (one.test(rest) || own.test(rest) || whole.test(rest)) && !/\b(union|except|intersect)\b/.test(rest)
  if (!isOwn) return `insert into ${table}: neither p_shard first nor rows "where r.shard = p_shard"`
  return moveFault(surroundings(text, place), table)
}

function readFault(text: string, place: number, table: string): string | null {
  const around = surroundings(text, place)
  const [, next = ''] = /^(?: as)? (\w+)/.exec(text.slice(place + table.length)) ?? []
  const alias = /^(|set|where|on|join|left|right|inner|cross|full|group|order|for|using|limit|offset)$/.test(next)
    ? table
    : next
  if (!isKept(around, alias)) return `${table} ${alias}: no "where ${alias}.shard = p_shard" beside it`
  return moveFault(around, table)
}

/** Where a table is named, not a column of it, an array of its rows or a row's type. */
function* tablesIn(text: string, cut: ReadonlySet<string>): Generator<{ table: string; place: number }> {
  for (const match of text.matchAll(/(?<![:.\w])(\w+)(?![\w.[])/g)) {
    if (cut.has(match[1]!)) yield { table: match[1]!, place: match.index }
  }
}

/** Whether a function reads or writes a table that is cut by shard. */
export const touches = (source: string, cut: ReadonlySet<string>) => !tablesIn(plainSql(source), cut).next().done

/** What in a function leaves its shard, or may. `routed`: functions that take p_shard. */
export function straysFrom(source: string, cut: ReadonlySet<string>, routed: readonly string[] = []): string[] {
  const sql = plainSql(source)
  const faults = statementsOf(sql).flatMap((text) =>
    [...tablesIn(text, cut)].flatMap(({ table, place }) => {
      const isInsert = /\binsert into $/.test(text.slice(0, place))
      return (isInsert ? insertFault(text, place, table) : readFault(text, place, table)) ?? []
    }),
  )
  if (/\bexecute\b/.test(sql)) faults.push('execute: nobody sees what runs')
  if (/\bp_shard :?= |\binto (strict )?(\w+, )*p_shard\b|\bfor p_shard in\b/.test(sql))
    faults.push('p_shard is changed')
  if (/\bcreate (temp|temporary|unlogged|table)\b/.test(sql)) faults.push('a table is made')
  if (/\be''|\$\w*\$/.test(sql)) faults.push('a string of another kind: nobody knows where it ends')
  if (/\bnextval\b/.test(sql)) faults.push('a sequence, which would be one for the whole cluster')
  if (/\bwith\b.*\((insert|update|delete|merge)\b/.test(sql))
    faults.push('a chain of writing CTEs: eight times slower on a cluster')
  for (const name of routed) {
    if (new RegExp(`\\b${name} ?\\((?!p_shard,)`).test(sql)) faults.push(`${name} is called for another shard`)
  }
  return faults
}
