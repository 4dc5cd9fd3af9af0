import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Transaction } from './database.ts'
import { StartupError } from './startup-error.ts'

interface Migration {
  name: string
  sql: string
  checksum: string
}

/** Any number that no other program takes on the same database; it spells "chit". */
const lockNumber = 0x63686974

/**
 * Brings the database to the schema of the numbered files in `dir` and returns the names of those it ran. Each file runs
 * in one transaction of its own: PostgreSQL rolls back DDL, so a failed file leaves nothing half-made. Several servers
 * may start at once; the lock lets one migrate while the others wait and then find nothing to do.
 */
export async function migrate(db: Database, dir: string): Promise<string[]> {
  const migrations = await readMigrations(dir)
  await db.begin(async (tx) => {
    await lock(tx)
    await tx`create table if not exists schema_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`
  })
  const ran: string[] = []
  for (const migration of migrations) {
    if (await db.begin((tx) => apply(tx, migration, migrations))) ran.push(migration.name)
  }
  if (migrations.length === 0) throw new Error(`no migrations in ${dir}`)
  return ran
}

async function lock(tx: Transaction): Promise<void> {
  await tx`select pg_advisory_xact_lock(${lockNumber})`
}

async function apply(tx: Transaction, migration: Migration, all: readonly Migration[]): Promise<boolean> {
  await lock(tx)
  const recorded = await tx<{ name: string; checksum: string }[]>`select name, checksum from schema_migrations`
  refuseNewerDatabase(recorded, all)
  const known = recorded.find((row) => row.name === migration.name)
  if (known) {
    refuseChanged(known.checksum, migration)
    return false
  }
  await tx.unsafe(migration.sql)
  await tx`insert into schema_migrations (name, checksum) values (${migration.name}, ${migration.checksum})`
  return true
}

/** `all`: those that this version knows. */
export function refuseNewerDatabase(recorded: readonly { name: string }[], all: readonly { name: string }[]): void {
  const unknown = recorded.filter((row) => !all.some((migration) => migration.name === row.name))
  if (unknown.length === 0) return
  const names = unknown.map((row) => row.name).join(', ')
  throw new StartupError(
    `The database was migrated by a newer version of Chit (${names}).`,
    'Run that version or a later one, or point DATABASE_URL (or CHIT_HOME) to another database.',
  )
}

function refuseChanged(recorded: string, migration: Migration): void {
  if (recorded === migration.checksum) return
  throw new StartupError(
    `The migration ${migration.name} differs from the one that made this database.`,
    'Restore the file and put the change into a new migration; on a development machine, remove the .chit folder to start afresh.',
  )
}

export async function migrationNames(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort()
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const names = await migrationNames(dir)
  const numbers = new Set<string>()
  const migrations: Migration[] = []
  for (const name of names) {
    const number = /^(\d{4})_[a-z0-9_-]+\.sql$/.exec(name)?.[1]
    if (number === undefined) throw new Error(`${name} is not named like 0001_platform.sql`)
    if (numbers.has(number)) throw new Error(`two migrations have the number ${number}`)
    numbers.add(number)
    const sql = await readFile(join(dir, name), 'utf8')
    migrations.push({ name, sql, checksum: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex') })
  }
  return migrations
}
