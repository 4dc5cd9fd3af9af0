/**
 * `npm run schema` writes server/schema.sql: what the migrations add up to, read from PostgreSQL's catalogue. A reader
 * sees the tables as they are instead of replaying the migrations in the head; a reviewer sees what a migration did.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openDatabase } from '../server/platform/database.ts'
import { startEmbedded } from '../server/platform/embedded.ts'
import { migrate } from '../server/platform/migrate.ts'
import { describeSchema } from './describe-schema.ts'

const checkout = resolve(import.meta.dirname, '..')
const home = await mkdtemp(join(tmpdir(), 'chit-schema-'))
const postgres = await startEmbedded(home, { settings: ['fsync=off'] })
try {
  const db = openDatabase(postgres.url, { max: 1, answerSeconds: null })
  await migrate(db, join(checkout, 'server/migrations'))
  await writeFile(join(checkout, 'server/schema.sql'), await describeSchema(db))
  await db.end()
} finally {
  await postgres.stop()
  await rm(home, { recursive: true, force: true })
}
