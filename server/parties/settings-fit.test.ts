import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Platform } from '../platform/context.ts'
import { shardFor } from '../platform/ids.ts'
import { testApp } from '../platform/testing.ts'
import { createVault } from '../platform/vault.ts'
import { registerRoutes } from '../routes.ts'
import { assertSettingsFit, recordSettings } from './settings-fit.ts'

const shards = 4
/** As many as are looked at from one end. */
const enough = 20

async function people(t: TestContext) {
  const { call, platform } = await testApp(t, registerRoutes, { config: { shards } })
  const enter = async (person: object, idempotencyKey?: string) => {
    const options = idempotencyKey === undefined ? {} : { idempotencyKey }
    const { status } = await call('POST', '/v1/customers', { name: 'Lin Xiaoyu', ...person }, options)
    assert.equal(status, 201)
  }
  const known = async () => {
    for (let n = 0; n < 12; n++) await enter({ reference: `known-${n}` })
  }
  /** In the last shard, chosen by the key of the request as nothing else is known. */
  const unknown = async () => {
    for (let n = 0, made = 0; made < enough; n++) {
      const key = `unknown-${n}`
      if (shardFor(key, shards) !== shards - 1) continue
      await enter({}, key)
      made++
    }
  }
  return { platform, known, unknown }
}

/** The line that a server with these settings ends with; null if it starts. */
async function refusal(platform: Platform, settings: Partial<Platform> = {}): Promise<string | null> {
  return assertSettingsFit({ ...platform, ...settings }).then(
    () => null,
    (error) => String(error),
  )
}

const vault = createVault(Buffer.alloc(32, 9))

test('a database without customers fits any settings', async (t) => {
  const { platform } = await people(t)
  assert.equal(await refusal(platform, { vault, shards: 8 }), null)
})

test('another number of shards is told by older customers where the newest are known by a name only', async (t) => {
  const { platform, known, unknown } = await people(t)
  await known()
  await unknown()
  assert.equal(await refusal(platform), null)
  for (const other of [1, 2, 1024]) {
    assert.match((await refusal(platform, { shards: other }))!, new RegExp(`^SHARDS is ${other}, but`))
  }
})

test('too small a number of shards is told although nobody is known by more than a name', async (t) => {
  const { platform, unknown } = await people(t)
  await unknown()
  assert.equal(await refusal(platform), null)
  assert.match((await refusal(platform, { shards: 2 }))!, /^SHARDS is 2, but/)
})

test('the key that a database was made with is good although the newest customers came under another one', async (t) => {
  const { platform, known, unknown } = await people(t)
  await known()
  assert.match((await refusal(platform, { vault }))!, /another master key/)
  await unknown()
  const wrappedKey = vault.newPersonKey()
  const sealed = vault.seal(wrappedKey, { name: 'Lin Xiaoyu' })
  await platform.db`update customers set wrapped_key = ${wrappedKey}, sealed = ${sealed} where reference is null`
  assert.equal(await refusal(platform), null)
})

test('a database is for good of the settings of its first server, customers or none', async (t) => {
  const { platform } = await people(t)
  await recordSettings(platform)
  await recordSettings(platform)
  assert.equal(await refusal(platform), null)
  assert.match((await refusal(platform, { shards: 8 }))!, /^SHARDS is 8, but this database was made with 4/)
  assert.match((await refusal(platform, { vault }))!, /another master key/)
})

test('of servers that begin a database together, with other settings each, one has begun it', async (t) => {
  const { platform } = await people(t)
  const begun = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => recordSettings({ ...platform, shards: n })))
  assert.equal(begun.filter(({ status }) => status === 'fulfilled').length, 1)
})
