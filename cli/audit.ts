/** `chit audit`: proves the books of a running or a stopped system, and names the rows where a proof fails. */
import { join } from 'node:path'
import { audit } from '../server/audit/audit.ts'
import type { Proof } from '../server/audit/types.ts'
import { readDatabaseUrl, readHome } from '../server/platform/config.ts'
import { type Database, openDatabase } from '../server/platform/database.ts'
import { attachEmbedded } from '../server/platform/embedded.ts'
import { migrationNames, refuseNewerDatabase } from '../server/platform/migrate.ts'
import { assertUsable } from '../server/platform/ready-database.ts'
import { StartupError } from '../server/platform/startup-error.ts'
import { CommandError, parseCommandLine } from './command-line.ts'

const help = `chit audit [--tenant ID]

Proves the books: every event balances, nothing is missing, balances are sums, loans fold from their events, statements
compute again. Reads one snapshot, so it may run beside a busy server; starts the embedded PostgreSQL if it is stopped.
Exit code 0: all proofs hold. 1: some fail; the rows are named. 2: the audit could not run.
`

const migrationsFolder = join(import.meta.dirname, '../server/migrations')

const options = { tenant: { type: 'string' }, help: { type: 'boolean' } } as const

export async function runAuditCommand(args: string[]): Promise<number> {
  try {
    const { tenant, help: isHelpAsked } = parseCommandLine({ args, options }, 'See chit audit --help.').values
    if (!isHelpAsked) return await run(tenant ?? null)
    process.stdout.write(help)
    return 0
  } catch (error) {
    // A scheduler tells books at fault from an audit that was none by the exit code alone, whatever went wrong.
    const told = error instanceof CommandError ? error.message : error
    console.error(told instanceof StartupError || typeof told === 'string' ? `chit: ${told}` : told)
    return 2
  }
}

async function run(tenantId: string | null): Promise<number> {
  const url = readDatabaseUrl(process.env)
  const embedded = url === null ? await attachEmbedded(readHome(process.env)) : null
  const databaseUrl = url ?? embedded!.url
  const db = openDatabase(databaseUrl, { max: 2, applicationName: 'chit audit', answerSeconds: null })
  try {
    await assertUsable(db, databaseUrl)
    await assertOfThisVersion(db)
    if (tenantId !== null) await assertKnown(db, tenantId)
    const report = await audit(db, tenantId, print)
    const failed = report.proofs.filter((proof) => proof.failures.length > 0).length
    console.log(report.ok ? '\nThe books are true.' : `\n${failed} of ${report.proofs.length} proofs fail.`)
    return report.ok ? 0 : 1
  } finally {
    await db.end({ timeout: 5 })
    await embedded?.stop()
  }
}

/** The proofs read the schema of their own version: on another they fail, or find faults that are none. */
async function assertOfThisVersion(db: Database): Promise<void> {
  const [table] = await db<{ isThere: boolean }[]>`select to_regclass('schema_migrations') is not null as "isThere"`
  if (!table!.isThere) {
    throw new StartupError('The database is not one of Chit.', 'Correct DATABASE_URL or CHIT_HOME.')
  }
  const applied = await db<{ name: string }[]>`select name from schema_migrations`
  const own = await migrationNames(migrationsFolder)
  refuseNewerDatabase(
    applied,
    own.map((name) => ({ name })),
  )
  const missing = own.find((name) => !applied.some((row) => row.name === name))
  if (missing !== undefined) {
    throw new StartupError(
      `The database is of an older version of Chit (without ${missing}).`,
      'Run chit audit of that version, or start the server of this one once, which migrates it.',
    )
  }
}

/** Of a tenant that is not there every proof holds, over nothing: a slip of the pen would pass for true books. */
async function assertKnown(db: Database, tenantId: string): Promise<void> {
  const [known] = await db`select 1 from tenants where id = ${tenantId}`
  if (known === undefined) {
    throw new StartupError(`There is no tenant "${tenantId}" in this database.`, 'Correct --tenant, or leave it out.')
  }
}

function print({ name, checked, failures }: Proof): void {
  console.log(`${failures.length === 0 ? '✓' : '✗'} ${name} (${checked.toLocaleString('en')} checked)`)
  for (const failure of failures) console.log(`    ${failure}`)
}
