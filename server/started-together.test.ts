import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from './platform/database.ts'
import { testDatabase } from './platform/testing.ts'

/** What `migrate` locks; it comes after the settings were compared with the empty database. */
const migrating = 0x63686974

test('of two servers with other master keys that begin a database together one serves and one refuses', async (t) => {
  const url = await testDatabase(t)
  const db = openDatabase(url, { max: 2 })
  t.after(() => db.end({ timeout: 1 }))
  const gate = await db.reserve()
  await gate`select pg_advisory_lock(${migrating})`
  const servers = await Promise.all([1, 2].map((byte) => launch(t, url, Buffer.alloc(32, byte))))
  const outputs = () => servers.map(({ output }) => output())
  await until(async () => {
    const waiting = await db`
      select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`
    return waiting.length === servers.length
  }, outputs)
  await gate`select pg_advisory_unlock(${migrating})`
  gate.release()
  await until(
    async () =>
      servers.filter(({ output }) => /Chit is ready/.test(output())).length +
        servers.filter(({ child }) => child.exitCode !== null).length ===
      servers.length,
    outputs,
  )
  const refused = servers.filter(({ child }) => child.exitCode !== null)
  assert.equal(refused.length, 1, outputs().join('\n'))
  assert.equal(refused[0]!.child.exitCode, 1)
  assert.match(refused[0]!.output(), /^chit: The personal data in this database was sealed under another master key/)
})

async function launch(t: { after: (work: () => Promise<void>) => void }, url: string, masterKey: Buffer) {
  const home = await mkdtemp(join(tmpdir(), 'chit-together-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH ?? '',
      LOG_LEVEL: 'warn',
      PORT: '0',
      CHIT_HOME: home,
      CHIT_MASTER_KEY: masterKey.toString('base64'),
      DATABASE_URL: url,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const closed = new Promise((done) => child.once('close', done))
  t.after(async () => {
    child.kill('SIGKILL')
    await closed
    await rm(home, { recursive: true, force: true })
  })
  return { child, output: () => output }
}

async function until(met: () => Promise<boolean>, outputs: () => string[]): Promise<void> {
  for (let waited = 0; !(await met()); waited += 50) {
    assert.ok(waited < 20_000, outputs().join('\n'))
    await delay(50)
  }
}
