/**
 * `npm test` runs every *.test.ts, `npm test -- path/x.test.ts` some of them, on a real PostgreSQL that is started for
 * the run in a temporary folder and gone afterwards, or on the one that CHIT_TEST_POSTGRES names. Further options go to
 * `node --test`: `npm test -- --test-name-pattern=refund`. CHIT_TEST_SHARDS spreads the customers of the server's suites.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openDatabase } from '../server/platform/database.ts'
import { startEmbedded } from '../server/platform/embedded.ts'
import { migrate } from '../server/platform/migrate.ts'
import { StartupError } from '../server/platform/startup-error.ts'

const checkout = resolve(import.meta.dirname, '..')

/** Each file is a process and reads the same modules; with what the others have compiled it begins in two thirds of the time. */
const compiled = process.env.NODE_COMPILE_CACHE ?? join(checkout, 'node_modules/.cache/compiled')

/** Nothing here outlives the run, so nothing needs to reach the disk; commits take a fifth of the time. */
const hasty = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=100']

async function main(): Promise<number> {
  const given = process.argv.slice(2)
  const options = given.filter((argument) => argument.startsWith('--'))
  const named = given.filter((argument) => !argument.startsWith('--'))
  const files = named.length > 0 ? named : testFiles()
  const { CHIT_TEST_POSTGRES } = process.env
  if (CHIT_TEST_POSTGRES) return runOn(await freshDatabase(CHIT_TEST_POSTGRES), files, options)
  const home = await mkdtemp(join(tmpdir(), 'chit-test-'))
  const postgres = await startEmbedded(home, { settings: hasty })
  try {
    return await runOn(postgres.url, files, options)
  } finally {
    await postgres.stop()
    await rm(home, { recursive: true, force: true })
  }
}

async function runOn(url: string, files: string[], options: string[]): Promise<number> {
  await makeTemplate(url)
  return runTests(files, options, url)
}

/** On another PostgreSQL, such as the oldest that Chit runs on; whatever else is in it is left alone. */
async function freshDatabase(server: string): Promise<string> {
  const name = 'chit_test_template'
  const db = openDatabase(server, { max: 1, answerSeconds: null })
  await db`drop database if exists ${db(name)}`
  await db`create database ${db(name)}`
  await db.end()
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

function testFiles(): string[] {
  const patterns = ['core', 'server', 'cli', 'scripts', 'sim', 'bench'].map((folder) => `${folder}/**/*.test.ts`)
  return globSync(patterns, { cwd: checkout, exclude: ['**/node_modules/**'] }).sort()
}

/** Copied for every test file. A template must have no open connection, hence the end. */
async function makeTemplate(url: string): Promise<void> {
  const db = openDatabase(url, { max: 1, answerSeconds: null })
  await migrate(db, join(checkout, 'server/migrations'))
  await db.end()
}

function runTests(files: string[], options: string[], url: string): Promise<number> {
  // Two at a time: more would measure the patience of a small machine and not the code.
  const child = spawn(process.execPath, ['--test', '--test-concurrency=2', ...options, ...files], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, CHIT_TEST_DATABASE_URL: url, NODE_COMPILE_CACHE: compiled, NODE_ENV: 'test' },
  })
  // Ctrl-C reaches the child by itself; staying alive here lets PostgreSQL be stopped afterwards.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name))
  return new Promise((done) => child.on('exit', (code) => done(code ?? 1)))
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof StartupError ? `test: ${error}` : error)
  process.exitCode = 1
}
