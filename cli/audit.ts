/** `chit audit`: proves the books of a running or a stopped system, and names the rows where a proof fails. */
import { parseArgs } from 'node:util'
import { audit } from '../server/audit/audit.ts'
import type { Proof } from '../server/audit/types.ts'
import { readDatabaseUrl, readHome } from '../server/platform/config.ts'
import { openDatabase } from '../server/platform/database.ts'
import { attachEmbedded } from '../server/platform/embedded.ts'
import { assertUsable } from '../server/platform/ready-database.ts'
import { StartupError } from '../server/platform/startup-error.ts'

const help = `chit audit [--tenant ID]

Proves the books: every event balances, nothing is missing, balances are sums, loans fold from their events, statements
compute again. Reads one snapshot, so it may run beside a busy server; starts the embedded PostgreSQL if it is stopped.
Exit code 0: all proofs hold. 1: some fail; the rows are named. 2: the audit could not run.
`

export async function runAuditCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { tenant: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  try {
    return await run(values.tenant ?? null)
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    console.error(`chit: ${error}`)
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
    const report = await audit(db, tenantId, print)
    const failed = report.proofs.filter((proof) => proof.failures.length > 0).length
    console.log(report.ok ? '\nThe books are true.' : `\n${failed} of ${report.proofs.length} proofs fail.`)
    return report.ok ? 0 : 1
  } finally {
    await db.end({ timeout: 5 })
    await embedded?.stop()
  }
}

function print({ name, checked, failures }: Proof): void {
  console.log(`${failures.length === 0 ? '✓' : '✗'} ${name} (${checked.toLocaleString('en')} checked)`)
  for (const failure of failures) console.log(`    ${failure}`)
}
