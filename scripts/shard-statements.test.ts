/**
 * What the server itself sends names the shard of each table that it reads (docs/scale.md): by it a cluster sends a statement to
 * one machine, and one PostgreSQL reads one part of an index. Read from the templates of server/**.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseSync } from '@swc/core'
import { plainSql, surroundings } from './shard-rules.ts'

const checkout = resolve(import.meta.dirname, '..')
const schema = readFileSync(resolve(checkout, 'server/schema.sql'), 'utf8')
const cut = [...schema.matchAll(/create table (\w+) \(\n {2}shard /g)].map((match) => match[1]!)

/** What goes over all books: the audit, and at the start a look for customers whom the master key opens. */
const everywhere = /^server\/(audit\/|parties\/settings-fit\.ts)/

interface SyntaxNode {
  readonly type?: string
  readonly [member: string]: unknown
}

/** A template with what is put into it: other templates, the filter of `ofShards`, and values. */
function textOf(template: SyntaxNode): string {
  const quasis = template.quasis as { raw: string }[]
  const expressions = template.expressions as SyntaxNode[]
  return quasis.map(({ raw }, place) => raw + (place < expressions.length ? pieceOf(expressions[place]!) : '')).join('')
}

function pieceOf(expression: SyntaxNode): string {
  if (expression.type === 'TaggedTemplateExpression') return textOf(expression.template as SyntaxNode)
  const called = expression.type === 'CallExpression' ? (expression.callee as SyntaxNode).value : null
  return called === 'ofShards' ? ' shard = $ ' : ' $ '
}

function* templatesIn(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return
  if ((node as SyntaxNode).type === 'TemplateLiteral') yield textOf(node as SyntaxNode)
  for (const member of Object.values(node)) yield* templatesIn(member)
}

const named = new RegExp(
  `(?<=(?:from|join|,|into|update) )(${cut.join('|')})\\b(?![.(])(?: as)?(?: (?!where|on|cross|left|join|set)(\\w+))?`,
  'g',
)

/** Tables that a template names without `shard = …` (or `between`) beside them. */
function unrouted(template: string): string[] {
  const text = plainSql(template)
  // Parts of a statement too; not what is said to people.
  if (!/\b(select|insert into|update|delete from|join)\b|^from /.test(text)) return []
  return [...text.matchAll(named)].flatMap(({ 1: table, 2: alias = table, index }) => {
    const hasShard = new RegExp(`(^|[ _])(${alias}\\.)?shard (=|between) `).test(surroundings(text, index))
    // A row that is given whole says where it belongs.
    const isGiven = new RegExp(`^${table} \\(shard, [^)]*\\) values `).test(text.slice(index))
    return hasShard || isGiven ? [] : [`${table}: ${text.slice(0, 160)}`]
  })
}

const sources = globSync('server/**/*.ts', { cwd: checkout })
  .filter((path) => !everywhere.test(path) && !/\.test\.ts$|testing\.ts$|test-support|\/acceptance\//.test(path))
  .sort()

test('each statement of the server names the shard of its tables', () => {
  const found = sources.flatMap((path) => {
    const parsed = parseSync(readFileSync(resolve(checkout, path), 'utf8'), { syntax: 'typescript', target: 'esnext' })
    return [...templatesIn(parsed)].flatMap(unrouted).map((fault) => `${path}: ${fault}`)
  })
  assert.deepEqual([...new Set(found)], [])
})

test('the check itself sees one that does not', () => {
  const strays = [
    'select id from lines where id = 1',
    'select (select max(id) from loans where loans.line_id = lines.id) from lines where lines.shard = 0',
    'select id from lines where lines.shard = 0 union select line_id from loans where loans.id = 1',
    'select c.id from charges c join loans l on l.charge_id = c.id where c.shard = 0',
    'update lines set version = 1 where id = 1',
    'insert into lines (id, version) values (1, 1)',
    'insert into lines (shard, id) select 0, 1',
    'left join loans l on l.charge_id = c.id',
    'from loans where loans.charge_id = 1',
  ]
  for (const stray of strays) assert.equal(unrouted(stray).length, 1, stray)
  const kept =
    'select (select max(id) from loans where loans.shard = lines.shard) from lines where shard between 0 and 7'
  assert.deepEqual(unrouted(kept), [])
})
