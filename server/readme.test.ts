/** The README's sixty seconds, as a newcomer types them: on whatever day that is, each command does what is written under it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createPlatform } from './platform/context.ts'
import { buildApp } from './platform/http.ts'
import { testConfig, testDatabase, testLog } from './platform/testing.ts'
import { prepare, registerRoutes } from './routes.ts'

const checkout = resolve(import.meta.dirname, '..')

/** What the README asks of curl, on a machine that may have none. */
const curl = `
  import { parseArgs } from 'node:util'
  const options = { s: { type: 'boolean', short: 's' }, H: { type: 'string', short: 'H', multiple: true }, d: { type: 'string', short: 'd' } }
  const { values: { H, d: body }, positionals: [url] } = parseArgs({ options, allowPositionals: true })
  const headers = H.map((header) => header.split(': '))
  process.stdout.write(await (await fetch(url, { method: body ? 'POST' : 'GET', headers, body })).text())`

/** What is to be typed in the second terminal. */
function commands(readme: string): string[] {
  const [, part = ''] = readFileSync(join(checkout, readme), 'utf8').split(/^## (?:Sixty seconds|六十秒)$/m)
  return [...part.split(/^## /m, 1)[0]!.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!)
}

/** What `npm start` gives a newcomer: a server and the folder with its demo world. */
async function newcomersServer(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'chit-readme-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const databaseUrl = await testDatabase(t)
  const platform = createPlatform(testConfig({ databaseUrl, home }), databaseUrl, { log: testLog() })
  const app = await buildApp(platform, registerRoutes)
  t.after(async () => {
    await app.close()
    await platform.db.end({ timeout: 5 })
  })
  await prepare(platform)
  return { home, address: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

test('the sixty seconds of the README do what it says', async (t) => {
  const { home, address } = await newcomersServer(t)
  writeFileSync(join(home, 'curl.mjs'), curl)
  const typed = commands('README.md')
  const script = typed
    .join("printf '\\n----\\n'\n")
    .replaceAll('./.chit/', `${home}/`)
    .replaceAll('http://127.0.0.1:8080', address)
  // A file, as a terminal is one: what Node gives its children for standard error cannot be opened as /dev/stderr.
  const told = join(home, 'told')
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    `set -e\nexec 2>${told}\ncurl() { node ${home}/curl.mjs "$@"; }\n${script}`,
  ])
  const [, opened, explained, refused, moved] = stdout.split('\n----\n').map((part) => part.trim()) as [
    string,
    string,
    string,
    string,
    string,
  ]
  assert.match(readFileSync(told, 'utf8'), /"limit":800000,.*"nextStatementOn":".*"code":"initial-limit"/)
  assert.equal(opened, '', 'the line is told on standard error')
  assert.match(
    explained,
    /^Instalment 1 of 12, due \S+ 35325\n +Principal 33325 333\.25 = .*\n +Interest 2000 20\.00 = /,
  )
  const { code, detail } = JSON.parse(refused)
  assert.deepEqual([code, detail], ['limit-exceeded', '4001.00 of a limit of 8000.00 CNY is available.'])
  const [, statements, lateCharges, payouts, ok] =
    /"statements":(\d+),.*"lateCharges":(\d+),"payouts":(\d+)\}.*?\{"ok":(\w+)/s.exec(moved)!
  assert.ok(Number(statements) > 0 && Number(lateCharges) > 0 && Number(payouts) > 0, moved)
  assert.equal(ok, 'true')
})

test('whoever reads the Chinese README types the same', () => {
  const english = commands('README.md').join('').replace('Zhao Lei', '赵磊')
  for (const line of commands('README.zh-CN.md').join('').trim().split('\n')) assert.ok(english.includes(line), line)
})
