import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { systemClock } from './clock.ts'
import { blocksTo, requestLogOf } from './log.ts'

async function tempFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chit-log-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'log')
}

const lines = Array.from({ length: 1_000 }, (_, index) => `{"line":${index},"名":"林"}\n`)

test('lines arrive whole and in order, in blocks, the last ones when flushed', async (t) => {
  const path = await tempFile(t)
  const file = openSync(path, 'w')
  t.after(() => closeSync(file))
  const log = blocksTo(file, 4096)
  for (const [index, line] of lines.entries()) {
    log.write(line)
    if (index % 97 === 0) await delay(1)
  }
  await delay(100)
  log.flush()
  assert.equal(readFileSync(path, 'utf8'), lines.join(''))
})

test('a log that cannot be written loses lines and stops nothing', async (t) => {
  const path = await tempFile(t)
  closeSync(openSync(path, 'w'))
  const readOnly = openSync(path, 'r')
  t.after(() => closeSync(readOnly))
  const log = blocksTo(readOnly, 100)
  for (const line of lines) log.write(line)
  await delay(50)
  log.write(lines[0]!)
  log.flush()
  assert.equal(readFileSync(path, 'utf8'), '')
})

test('the lines of a quiet server are written without more of them', async (t) => {
  const path = await tempFile(t)
  const file = openSync(path, 'w')
  t.after(() => closeSync(file))
  const log = blocksTo(file, 4096)
  log.write(lines[0]!)
  for (let tries = 0; tries < 100 && readFileSync(path, 'utf8') === ''; tries++) await delay(50)
  assert.equal(readFileSync(path, 'utf8'), lines[0])
})

const tenant = {
  id: 'ten_1',
  mode: 'live',
  timeZone: 'UTC',
  clockMode: 'running',
  clockInstant: null,
  clockSetAt: null,
} as const
const line = { requestId: 'req_1', method: 'GET', route: '/v1/loans/:id', status: 200, milliseconds: 1.26 }

test('the line of a request is one JSON object like all others, and only of a log that tells so much', () => {
  const written: string[] = []
  const log = pino({ level: 'info' }, { write: (text: string) => written.push(text) })
  const say = requestLogOf(log)
  say({ ...line, caller: { keyId: 'key_1', role: 'admin', tenant, clock: systemClock } })
  say({ ...line, caller: null })
  log.level = 'warn'
  say({ ...line, caller: null })
  const [known, unknown, ...more] = written.map((text) => {
    assert.ok(text.endsWith('}\n'))
    const { time, ...rest } = JSON.parse(text)
    assert.ok(Math.abs(Date.now() - Date.parse(time)) < 60_000)
    return rest
  })
  const { milliseconds: _, ...told } = line
  assert.deepEqual(known, { level: 'info', ...told, ms: 1.3, tenantId: 'ten_1', keyId: 'key_1', msg: 'request' })
  assert.deepEqual(unknown, { level: 'info', ...told, ms: 1.3, msg: 'request' })
  assert.deepEqual(more, [])
})
