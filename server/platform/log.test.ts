import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { blocksTo } from './log.ts'

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
