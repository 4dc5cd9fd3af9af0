import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from './platform/database.ts'
import { testDatabase } from './platform/testing.ts'

test('a server that is stopped while it starts ends without a complaint', async (t) => {
  const url = await testDatabase(t)
  const home = await mkdtemp(join(tmpdir(), 'chit-early-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const db = openDatabase(url, { max: 2, answerSeconds: null })
  t.after(() => db.end({ timeout: 1 }))
  const other = await db.reserve()
  await other`begin`
  await other`lock table tenants`
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH ?? '',
      LOG_LEVEL: 'warn',
      PORT: '0',
      CHIT_HOME: home,
      CHIT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: url,
    },
  })
  t.after(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const isWaiting = async () => {
    const waiting = await db`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return waiting.length > 0
  }
  for (let waited = 0; !(await isWaiting()); waited += 20) {
    assert.ok(waited < 20_000 && child.exitCode === null, output)
    await delay(20)
  }
  const ended = once(child, 'close')
  child.kill('SIGTERM')
  // It goes on with its start until it needs what is gone.
  await delay(300)
  await other`rollback`
  other.release()
  assert.deepEqual([await ended, output], [[0, null], ''])
})
