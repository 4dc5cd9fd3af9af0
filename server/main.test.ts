import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from './platform/database.ts'
import { attachEmbedded, startEmbedded } from './platform/embedded.ts'

/** The real program, in a process of its own, on a PostgreSQL of its own. */

const main = join(import.meta.dirname, 'main.ts')

interface Running {
  child: ChildProcess
  url: string
  exited: Promise<number | null>
  output: () => string
}

function launch(env: Record<string, string>) {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  const settings = { LOG_LEVEL: 'warn', PORT: '0', ...env }
  const child = spawn(process.execPath, [main], { env: { PATH, NODE_COMPILE_CACHE, ...settings } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  return { child, exited, output: () => output }
}

async function start(env: Record<string, string>): Promise<Running> {
  const started = launch(env)
  for (let waited = 0; waited < 20_000; waited += 20) {
    const url = /Open {3}(http:\S+?)\/ /.exec(started.output())?.[1]
    if (url !== undefined) return { ...started, url }
    if (started.child.exitCode !== null) break
    await delay(20)
  }
  throw new Error(`the server did not start: ${started.output()}`)
}

/** Runs a server that must refuse to start, and gives its one line. */
async function refusal(env: Record<string, string>): Promise<string> {
  const started = launch(env)
  const code = await started.exited
  assert.equal(code, 1, started.output())
  const lines = started.output().trim().split('\n')
  assert.equal(lines.length, 1, started.output())
  return lines[0]!
}

interface Cleanup {
  after: (work: () => Promise<void>) => void
}

async function tempHome(t: Cleanup): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'chit-main-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  return home
}

const firstHome = await tempHome({ after })
let begun: Promise<void> | undefined

/** A folder that was empty when a server began on it, which was stopped then. Three times the work of a later start, so done once. */
async function beginOnFirstHome(): Promise<string> {
  begun ??= startAndStop(firstHome)
  await begun
  return firstHome
}

async function startAndStop(home: string): Promise<void> {
  const server = await start({ CHIT_HOME: home })
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  server.child.kill('SIGTERM')
  assert.equal(await server.exited, 0, server.output())
  assert.ok(!isRunning(home), 'PostgreSQL was left running')
}

/** A folder of the test's own that a server was stopped on. */
async function usedHome(t: Cleanup): Promise<string> {
  const [used, home] = [await beginOnFirstHome(), await tempHome(t)]
  // Not Node's own copying: started by root, PostgreSQL is another user whose folder it must stay.
  execFileSync('cp', ['-Rp', `${used}/.`, home])
  return home
}

function isRunning(home: string): boolean {
  return existsSync(join(home, 'postgres', 'postmaster.pid'))
}

async function blockedPort(t: { after: (work: () => void) => void }): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  t.after(() => void server.close())
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('starts on an empty folder, answers, stops cleanly on SIGTERM, and finds its data again', async () => {
  const home = await beginOnFirstHome()
  const key = readFileSync(join(home, 'master.key'), 'utf8')

  const second = await start({ CHIT_HOME: home })
  second.child.kill('SIGINT')
  assert.equal(await second.exited, 0, second.output())
  assert.equal(readFileSync(join(home, 'master.key'), 'utf8'), key)
})

test('all that is printed to try is at the port where it listens, whichever that is, and so is the front page', async (t) => {
  const server = await start({ CHIT_HOME: await usedHome(t) })
  const { port } = new URL(server.url)
  const front = await (await fetch(server.url, { headers: { accept: 'text/html' } })).text()
  server.child.kill('SIGTERM')
  await server.exited
  const addresses = server.output().match(/http:[^\s'"]+/g)!
  assert.equal(addresses.length, 5, server.output())
  for (const address of addresses) assert.match(address, new RegExp(`^http://127\\.0\\.0\\.1:${port}/`))
  assert.match(front, new RegExp(`curl -s localhost:${port}/`))
})

/** What a server says to try on this folder, and the key to try it with; null where there is none. */
async function hinted(env: Record<string, string>): Promise<string | null> {
  const server = await start(env)
  server.child.kill('SIGTERM')
  assert.equal(await server.exited, 0, server.output())
  const file = /require\('(.*)'\)/.exec(server.output())?.[1]
  return file === undefined ? null : JSON.parse(readFileSync(file, 'utf8')).secretKey
}

test('a demo world whose making was cut off is made again, and a spoilt file of it keeps no server from starting', async (t) => {
  const home = await usedHome(t)
  const file = join(home, 'demo.json')
  const first = await hinted({ CHIT_HOME: home })
  // As kill -9 leaves it: the tenant is there, and its key nowhere.
  rmSync(file)
  writeFileSync(`${file}.begun`, '')
  const second = await hinted({ CHIT_HOME: home })
  assert.ok(second !== null && second !== first)
  assert.equal(await hinted({ CHIT_HOME: home }), second)
  writeFileSync(file, '{"tenantId": "ten_')
  assert.equal(await hinted({ CHIT_HOME: home }), null)
})

test('after kill -9 the next start takes the PostgreSQL over; a second server on the folder is refused', async (t) => {
  const home = await usedHome(t)
  const first = await start({ CHIT_HOME: home })
  assert.match(await refusal({ CHIT_HOME: home }), /Another Chit server is running .* Stop it first/)
  first.child.kill('SIGKILL')
  await first.exited
  assert.ok(isRunning(home), 'this test wants a PostgreSQL left behind')
  const second = await start({ CHIT_HOME: home })
  assert.equal((await fetch(`${second.url}/readyz`)).status, 200)
  second.child.kill('SIGTERM')
  assert.equal(await second.exited, 0, second.output())
  assert.ok(!isRunning(home))
})

test('a lock file left by a crash of the machine does not stop the start, whoever has its process number now', async (t) => {
  const home = await usedHome(t)
  const first = await start({ CHIT_HOME: home })
  const lockFile = join(home, 'postgres', 'postmaster.pid')
  const left = readFileSync(lockFile, 'utf8')
  first.child.kill('SIGTERM')
  await first.exited
  writeFileSync(lockFile, left.replace(/^\d+/, String(process.pid)))
  const second = await start({ CHIT_HOME: home })
  second.child.kill('SIGTERM')
  assert.equal(await second.exited, 0, second.output())
})

test('if PostgreSQL dies under it, the server says so and exits, and starts again with its data', async (t) => {
  const home = await usedHome(t)
  const first = await start({ CHIT_HOME: home })
  const postmaster = Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  process.kill(postmaster, 'SIGKILL')
  assert.equal(await first.exited, 1)
  assert.match(first.output(), /PostgreSQL ended unexpectedly/)
  const second = await start({ CHIT_HOME: home })
  second.child.kill('SIGTERM')
  assert.equal(await second.exited, 0, second.output())
})

test('a request in flight gets its answer although the server was told to stop', async (t) => {
  const home = await usedHome(t)
  const server = await start({ CHIT_HOME: home })
  const { url: databaseUrl, stop } = await attachEmbedded(home)
  t.after(stop)
  const db = openDatabase(databaseUrl, { max: 2, answerSeconds: null })
  // Holds the table that authentication reads, so that the request stands still inside the server.
  const holder = await db.reserve()
  await holder`begin`
  await holder`lock table api_keys in access exclusive mode`
  const answer = fetch(`${server.url}/v1/trial-balance`, {
    headers: { authorization: `Bearer sk_sandbox_${'a'.repeat(52)}` },
  })
  await delay(200)
  server.child.kill('SIGTERM')
  await delay(300)
  await assert.rejects(fetch(`${server.url}/healthz`), 'new connections should be refused')
  await holder`rollback`
  holder.release()
  assert.ok([401, 404].includes((await answer).status))
  await db.end({ timeout: 1 })
  const stoppedAt = performance.now()
  assert.equal(await server.exited, 0, server.output())
  assert.ok(performance.now() - stoppedAt < 30_000, 'an idle connection held the server open')
})

test('a busy port is refused in one line, and PostgreSQL is stopped again', async (t) => {
  const home = await usedHome(t)
  const port = await blockedPort(t)
  assert.match(await refusal({ CHIT_HOME: home, PORT: String(port) }), new RegExp(`Port ${port} is in use\\. .*PORT=`))
  assert.ok(!isRunning(home))
})

test('a folder that cannot be written, or holds something else, is refused in one line', async (t) => {
  const home = await tempHome(t)
  writeFileSync(join(home, 'file'), '')
  assert.match(await refusal({ CHIT_HOME: join(home, 'file', 'x') }), /cannot be used \(ENOTDIR\)\. .*CHIT_HOME/)
  mkdirSync(join(home, 'postgres'))
  writeFileSync(join(home, 'postgres', 'holiday.jpg'), '')
  chmodSync(join(home, 'postgres'), 0o755)
  assert.match(await refusal({ CHIT_HOME: home }), /has 1 entries but no database/)
})

test('data of another major version is refused in one line', async (t) => {
  const home = await usedHome(t)
  writeFileSync(join(home, 'postgres', 'PG_VERSION'), '17\n')
  assert.match(
    await refusal({ CHIT_HOME: home }),
    /was made by PostgreSQL 17; this Chit brings PostgreSQL 18\. .*pg_upgrade/,
  )
})

test('a database of a newer Chit is refused in one line', async (t) => {
  const home = await usedHome(t)
  const postgres = await startEmbedded(home)
  const db = openDatabase(postgres.url, { max: 1 })
  await db`insert into schema_migrations (name, checksum) values ('9999_future.sql', 'x')`
  await db.end()
  await postgres.stop()
  assert.match(await refusal({ CHIT_HOME: home }), /migrated by a newer version of Chit \(9999_future\.sql\)/)
})

async function statusOf(address: string, status: number): Promise<void> {
  let last: number | undefined
  for (let waited = 0; last !== status; waited += 20) {
    assert.ok(waited < 20_000, `${address} answers ${last}`)
    await delay(20)
    last = (await fetch(address).catch(() => null))?.status
  }
}

test('while it waits to migrate a server says that it starts, and refuses requests', async (t) => {
  const home = await tempHome(t)
  const postgres = await startEmbedded(home)
  t.after(postgres.stop)
  const db = openDatabase(postgres.url, { max: 1 })
  const migrating = await db.reserve()
  // What migrations are done under.
  await migrating`select pg_advisory_lock(${0x63686974})`
  const port = await blockedPort({ after: (unblock) => unblock() })
  const env = { CHIT_HOME: home, CHIT_MASTER_KEY: masterKey, DATABASE_URL: postgres.url, PORT: String(port) }
  const started = launch(env)
  t.after(() => void started.child.kill('SIGKILL'))
  const at = `http://127.0.0.1:${port}`
  await statusOf(`${at}/healthz`, 200)
  for (const path of ['/readyz', '/v1/trial-balance']) {
    const answer = await fetch(at + path)
    const { code, detail } = (await answer.json()) as Record<string, string>
    assert.deepEqual(
      [answer.status, answer.headers.get('retry-after'), code, detail],
      [503, '1', 'busy', 'This server is starting.'],
    )
  }
  assert.doesNotMatch(started.output(), /ready/)
  await migrating`select pg_advisory_unlock(${0x63686974})`
  migrating.release()
  await db.end()
  await statusOf(`${at}/readyz`, 200)
  assert.equal((await fetch(`${at}/v1/trial-balance`)).status, 401)
  started.child.kill('SIGTERM')
  assert.equal(await started.exited, 0, started.output())
})

test('a server left running while a newer version migrates refuses its requests, and says why', async (t) => {
  const home = await usedHome(t)
  const server = await start({ CHIT_HOME: home })
  const { url, stop } = await attachEmbedded(home)
  t.after(stop)
  const db = openDatabase(url, { max: 1 })
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  await db`insert into schema_migrations (name, checksum) values ('9999_future.sql', 'x')`
  await statusOf(`${server.url}/readyz`, 503)
  const refused = await fetch(`${server.url}/v1/trial-balance`)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  await db.end()
  server.child.kill('SIGTERM')
  assert.equal(await server.exited, 0, server.output())
  assert.equal(server.output().match(/"level":"error".*9999_future\.sql.*refuses all requests; stop it/g)?.length, 1)
})

const masterKey = Buffer.alloc(32, 1).toString('base64')

const wrongSettings: [env: Record<string, string>, message: RegExp][] = [
  [{ PORT: 'http' }, /^chit: PORT is "http" but must be a whole number from 0 to 65535/],
  [{ PORT: '70000' }, /^chit: PORT is "70000"/],
  [{ SHARDS: '0' }, /^chit: SHARDS is "0" but must be a whole number from 1 to 1024/],
  [{ LOG_LEVEL: 'loud' }, /^chit: LOG_LEVEL is "loud" but must be one of trace, debug/],
  [{ CHIT_MASTER_KEY: 'short' }, /^chit: CHIT_MASTER_KEY is not 32 bytes in base64.*openssl/],
  [
    { DATABASE_URL: 'mysql://secret@x/y', CHIT_MASTER_KEY: masterKey },
    /^chit: DATABASE_URL is not a URL of the form postgres/,
  ],
  [{ DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x' }, /^chit: CHIT_MASTER_KEY is not set, and DATABASE_URL/],
  [
    { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x', CHIT_MASTER_KEY: masterKey },
    /^chit: The database at 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)\. Start it/,
  ],
]

test('a wrong setting is refused in one line that names the variable and shows no password', async (t) => {
  const home = await tempHome(t)
  for (const [env, message] of wrongSettings) {
    const line = await refusal({ CHIT_HOME: home, ...env })
    assert.match(line, message)
    assert.doesNotMatch(line, /secret|u:p@/)
  }
})

test('with DATABASE_URL it uses that database; a wrong name or password is explained', async (t) => {
  const home = await tempHome(t)
  const postgres = await startEmbedded(home)
  t.after(postgres.stop)
  const env = { CHIT_HOME: join(home, 'unused'), CHIT_MASTER_KEY: masterKey, DATABASE_URL: postgres.url }
  const server = await start(env)
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  server.child.kill('SIGTERM')
  assert.equal(await server.exited, 0, server.output())
  assert.ok(!existsSync(join(home, 'unused', 'postgres')))

  // Of another database, which knows its key; and no folder at all.
  const db = openDatabase(postgres.url, { max: 1 })
  await db`create database other`
  await db.end()
  const other = new URL(postgres.url)
  other.pathname = '/other'
  const elsewhere = { ...env, DATABASE_URL: other.href }
  writeFileSync(join(home, 'no-folder'), '')
  assert.equal(await hinted({ ...elsewhere, CHIT_HOME: join(home, 'no-folder', 'x') }), null)
  assert.ok(await hinted({ ...elsewhere, CHIT_HOME: join(home, 'others') }))
  assert.equal(await hinted({ ...env, CHIT_HOME: join(home, 'others') }), null)

  // Refused before anything is migrated, which would shut out a server of the version before.
  const migrations = openDatabase(postgres.url, { max: 1 })
  const [last] = await migrations`
    delete from schema_migrations where name = (select max(name) from schema_migrations) returning name, checksum`
  const otherKey = Buffer.alloc(32, 2).toString('base64')
  assert.match(
    await refusal({ ...env, CHIT_MASTER_KEY: otherKey }),
    /was sealed under another master key\. .*CHIT_MASTER_KEY/,
  )
  assert.match(await refusal({ ...env, SHARDS: '2' }), /SHARDS is 2, but this database was made with 1\./)
  const taken = await blockedPort(t)
  assert.match(await refusal({ ...env, PORT: String(taken) }), new RegExp(`Port ${taken} is in use\\.`))
  assert.match(await refusal({ ...env, HOST: '192.0.2.1' }), /HOST 192\.0\.2\.1 is not an address of this machine/)
  await migrations`insert into schema_migrations (name, checksum) values (${last!.name}, ${last!.checksum})`
  await migrations.end()

  const noSuch = new URL(postgres.url)
  noSuch.pathname = '/nowhere'
  assert.match(await refusal({ ...env, DATABASE_URL: noSuch.href }), /There is no database "nowhere"/)
  const secured = new URL(postgres.url)
  secured.searchParams.set('sslmode', 'require')
  assert.match(await refusal({ ...env, DATABASE_URL: secured.href }), /takes no connections by TLS\. .*sslmode=disable/)
  const odd = new URL(postgres.url)
  odd.searchParams.set('options', '-c no_such=1')
  assert.match(
    await refusal({ ...env, DATABASE_URL: odd.href }),
    /refuses the connection: unrecognized configuration parameter "no_such"\. Correct DATABASE_URL/,
  )
  const wrong = new URL(postgres.url)
  wrong.password = 'guess'
  assert.match(await refusal({ ...env, DATABASE_URL: wrong.href }), /refuses the user name or password/)
})
