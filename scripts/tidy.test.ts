/** The habits of docs/style.md that a machine can see. Each failure names file, line and what to do. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { registry } from '../server/platform/errors.ts'

const checkout = resolve(import.meta.dirname, '..')
const rooms = ['core', 'server', 'cli', 'scripts', 'bench', 'sim', 'sdk']

interface Source {
  path: string
  text: string
  lines: string[]
}

const sources: Source[] = globSync(
  rooms.map((room) => `${room}/**/*.{ts,sql}`),
  { cwd: checkout, exclude: ['**/node_modules/**'] },
)
  .filter((path) => path !== 'scripts/tidy.test.ts' && path !== 'server/schema.sql')
  .sort()
  .map((path) => {
    const text = readFileSync(join(checkout, path), 'utf8')
    return { path, text, lines: text.split('\n') }
  })

const isTest = (source: Source) => /\.(test|test-support)\.ts$|^server\/acceptance\//.test(source.path)

/** Lines of the given files that match, as `path:line: text`. */
function findings(pattern: RegExp, among: (source: Source) => boolean): string[] {
  return sources
    .filter(among)
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    )
}

/** The code without its comments, which may speak of what the code must not do. */
const isComment = /^\s*(\/\/|\/?\*|--)/

test('a file fits in a head: under 400 lines', () => {
  const long = sources
    .filter(({ lines }) => lines.length > 400)
    .map(({ path, lines }) => `${path}: ${lines.length} lines`)
  assert.deepEqual(long, [])
})

test('nothing is left for later in the code: that belongs into an issue', () => {
  assert.deepEqual(
    findings(/\b(TODO|FIXME|XXX|HACK)\b/, () => true),
    [],
  )
})

test('no type is switched off', () => {
  // `any` itself is refused by the linter. A cast through unknown needs its reason in the line before.
  const off = /@ts-(ignore|nocheck|expect-error)|as unknown as/
  const found = findings(off, (source) => source.path.endsWith('.ts') && !isTest(source))
  assert.deepEqual(
    found.filter((finding) => !isExplained(finding)),
    [],
  )
})

function isExplained(finding: string): boolean {
  const [path, line] = finding.split(':')
  const source = sources.find((candidate) => candidate.path === path)
  return isComment.test(source?.lines[Number(line) - 2] ?? '')
}

/** Rates are roots of equations and so are found in floating point; the money they yield is rounded once, here. */
const approximate = ['core/rates/', 'core/accounting/effective-interest.ts']

test('money never meets a floating point number', () => {
  const floats = /parseFloat\(|\.toFixed\(|Math\.(random|round)\(/
  const isMoney = (source: Source) =>
    /^(core|server)\/[a-z-]+\//.test(source.path) &&
    !source.path.startsWith('server/platform/') &&
    !approximate.some((path) => source.path.startsWith(path)) &&
    !isTest(source)
  assert.deepEqual(findings(floats, isMoney), [], 'use bigint minor units and core/fraction')
})

test('core reads no clock, no randomness and no environment', () => {
  const impure = /Date\.now\(|new Date\(\)|Temporal\.Now|process\.|crypto|node:fs|fetch\(/
  assert.deepEqual(
    findings(impure, (source) => source.path.startsWith('core/') && !isTest(source)).filter(
      (finding) => !isComment.test(finding.split(': ').slice(1).join(': ')),
    ),
    [],
  )
})

test('every problem code is given somewhere and shown in a test', () => {
  const code = sources.filter((source) => !isTest(source) && source.path !== 'server/platform/errors.ts')
  const tests = sources.filter(isTest)
  const appears = (where: Source[], name: string) => where.some(({ text }) => text.includes(`'${name}'`))
  const codes = Object.keys(registry)
  assert.deepEqual(
    codes.filter((name) => !appears(code, name)),
    [],
    'never given: remove them from the registry',
  )
  assert.deepEqual(
    codes.filter((name) => !appears(tests, name)),
    [],
    'never tested',
  )
})

test('every problem says what to do, in a sentence', () => {
  for (const [code, { title, remedy }] of Object.entries(registry)) {
    assert.match(code, /^[a-z]+(-[a-z]+)*$/)
    assert.match(title, /^[A-Z].*[^.]$/, `${code}: a title has no full stop`)
    assert.match(remedy, /^[A-Z`].{10,}[.]$/s, `${code}: a remedy is a sentence`)
  }
})

test('a test is neither skipped nor alone', () => {
  assert.deepEqual(findings(/\b(test|describe|it)\.(skip|only|todo)\b|\{\s*(skip|only|todo):/, isTest), [])
})
