import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { withDatabase } from '../../bench/harness/database.ts'
import { hasEnded } from '../../bench/harness/server.ts'
import { stopPostgres } from './postgres.ts'
import { openSite, until } from './site.test-support.ts'

/** A file system of its own that a test can fill; null where this user may not mount one. */
async function smallDisk(t: TestContext, megabytes: number): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'chit-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'chit-test', folder], {
      stdio: 'ignore',
    })
  } catch {
    await rm(folder, { recursive: true })
    return null
  }
  t.after(async () => {
    await stopPostgres(folder).catch(() => {})
    // Lazily: the server is stopped after this.
    execFileSync('umount', ['--lazy', folder])
    await rm(folder, { recursive: true })
  })
  return folder
}

/** Takes what is left, to the last byte. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (let size = 1_048_576; size >= 1; size = Math.floor(size / 2)) {
      const block = Buffer.alloc(size)
      try {
        while (writeSync(file, block) > 0);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
      }
    }
  } finally {
    closeSync(file)
  }
}

test('the disk is full: purchases are refused until there is room, and none is lost or doubled', async (t) => {
  const home = await smallDisk(t, 256)
  if (home === null) {
    t.skip('needs the right to mount a small file system')
    return
  }
  const site = await openSite(t, home, {})
  const { ledger } = site.fleet
  const filler = join(home, 'filler')
  const answered = () => ledger.answered()

  await t.test('tables cannot grow', async () => {
    await site.loadUntil('purchases', () => answered() > 100)
    fill(filler)
    await until('refusals', () => (ledger.statuses.get(503) ?? 0) > 50)
    rmSync(filler)
    const before = answered()
    await until('purchases again', () => answered() > before + 100 || hasEnded(site.server.child))
    await site.settle()
  })

  await t.test(
    'the log of the database cannot grow: PostgreSQL gives up, and is started again when there is room',
    async () => {
      await site.loadUntil('purchases', () => true)
      fill(filler)
      await until('the end of the server', async () => {
        await withDatabase(site.server, (db) => db`select pg_switch_wal()`).catch(() => {})
        return hasEnded(site.server.child)
      })
      assert.equal(site.server.child.exitCode, 1)
      rmSync(filler)
      await site.settle()
    },
  )
})
