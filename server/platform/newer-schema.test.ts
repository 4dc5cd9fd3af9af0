import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import type { App } from './app.ts'
import { contextOf } from './context.ts'
import { migrationNames } from './migrate.ts'
import { object } from './schema.ts'
import { testApp } from './testing.ts'

/** Of the route that waits: when a request is inside, and when it may go on. */
const inside = Promise.withResolvers<void>()
const gate = Promise.withResolvers<void>()
// Before the application is closed, which waits for its requests.
after(() => gate.resolve())

/** A route that reads a column which the next version calls otherwise, and one that waits. */
function routes(app: App): void {
  const schema = { response: { 200: object({ name: Type.String() }) } }
  app.get('/v1/name', { schema }, async (request) => {
    const { db, tenantId } = contextOf(request)
    const [row] = await db<{ name: string }[]>`select name from tenants where id = ${tenantId}`
    return row!
  })
  app.get('/v1/fault', { schema }, () => {
    throw new Error('a fault of this version')
  })
  app.get('/v1/slow', { schema }, async () => {
    inside.resolve()
    await gate.promise
    return { name: 'slow' }
  })
}

const { app, call, db, key, platform } = await testApp({ after }, routes, {
  config: { logLevel: 'silent' },
  parts: { migrations: await migrationNames(join(import.meta.dirname, '../migrations')) },
})

test('what fails on a newer schema is answered 503, from then on everything is, and what was under way is finished', async () => {
  const at = await app.listen({ host: '127.0.0.1', port: 0 })
  const headers = { authorization: `Bearer ${key}` }
  const get = async (path: string) => {
    const answer = await fetch(`${at}${path}`, { headers })
    const { code } = (await answer.json()) as { code?: string }
    return [answer.status, code, answer.headers.get('retry-after')]
  }
  assert.equal((await call('GET', '/v1/fault')).status, 500, 'a fault on a schema of its own stays one')
  assert.equal(platform.newerSchema.migration(), null)
  const slow = get('/v1/slow')
  await inside.promise

  await db`alter table tenants rename column name to title`
  await db`insert into schema_migrations (name, checksum) values ('9999_titles.sql', 'x')`
  const refused = [503, 'server-outdated', '5']
  assert.deepEqual(await get('/v1/name'), refused)
  assert.deepEqual(await get('/v1/slow'), refused)
  assert.deepEqual(await get('/readyz'), refused)
  assert.deepEqual(await get('/healthz'), [200, undefined, null])
  await db`delete from schema_migrations where name = '9999_titles.sql'`
  await platform.newerSchema.look()
  assert.deepEqual(await get('/readyz'), refused, 'a restored backup is no reason to go on')
  gate.resolve()
  assert.deepEqual(await slow, [200, undefined, null])
})
