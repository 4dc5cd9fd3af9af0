/** Holds what the callers remember against what the books say. */
import { setTimeout as delay } from 'node:timers/promises'
import { openConnection, requestPrinter } from '../../bench/harness/connection.ts'
import { withDatabase } from '../../bench/harness/database.ts'
import type { Server } from '../../bench/harness/server.ts'
import { audit } from '../../server/audit/audit.ts'
import { canonicalJson } from '../../server/platform/json.ts'
import type { Intent, Ledger } from './ledger.ts'
import type { CrashWorld } from './world.ts'

export interface Finding {
  readonly rule: string
  readonly checked: number
  readonly faults: readonly string[]
}

export async function judge(server: Server, world: CrashWorld, ledger: Ledger): Promise<Finding[]> {
  return [
    await bookedOnce(server, world, ledger, 'charges', ['purchase', 'hold']),
    await bookedOnce(server, world, ledger, 'repayments', ['repayment']),
    await capturesBooked(server, world, ledger),
    await answersStand(server, world, ledger),
    nothingUnforeseen(ledger),
    await booksTrue(server),
  ]
}

/** True if there was no fault. */
export function printVerdict(findings: readonly Finding[], { intents }: Ledger): boolean {
  for (const { rule, checked, faults } of findings) {
    console.log(`${faults.length === 0 ? '✓' : '✗'} ${rule} (${checked.toLocaleString('en')} checked)`)
    for (const fault of faults.slice(0, 20)) console.log(`    ${fault.slice(0, 400)}`)
  }
  const resent = intents.filter((intent) => intent.sent > 1).length
  console.log(
    `${intents.length.toLocaleString('en')} requests, ${resent.toLocaleString('en')} of them sent more than once`,
  )
  return findings.every(({ faults }) => faults.length === 0)
}

const done = (intent: Intent) => intent.answer !== null && intent.answer.status < 300

/** Acknowledged: in the books once. Refused: not at all. Nothing else is there. */
async function bookedOnce(
  server: Server,
  { tenantId }: CrashWorld,
  { intents }: Ledger,
  table: 'charges' | 'repayments',
  kinds: readonly Intent['kind'][],
): Promise<Finding> {
  const rows = await withDatabase(
    server,
    (db) => db<{ reference: string; count: number }[]>`
      select reference, count(*)::int as count from ${db(table)} where tenant_id = ${tenantId} group by reference`,
  )
  const booked = new Map(rows.map((row) => [row.reference, row.count]))
  const own = intents.filter((intent) => kinds.includes(intent.kind))
  const wrong = own.flatMap((intent) => {
    const times = booked.get(intent.key) ?? 0
    booked.delete(intent.key)
    return times === (done(intent) ? 1 : 0)
      ? []
      : [`${intent.key} answered ${intent.answer?.status}, booked ${times} times`]
  })
  const strangers = [...booked.keys()].map((reference) => `${reference} is booked, but nobody asked for it`)
  return {
    rule: `every acknowledged row of ${table} is booked once`,
    checked: own.length,
    faults: [...wrong, ...strangers],
  }
}

async function capturesBooked(server: Server, { tenantId }: CrashWorld, { intents }: Ledger): Promise<Finding> {
  const captures = intents.filter((intent) => intent.kind === 'capture')
  const rows = await withDatabase(
    server,
    (db) => db<{ chargeId: string; count: number }[]>`
      select charge_id, count(*)::int as count from loans where tenant_id = ${tenantId} group by charge_id`,
  )
  const loans = new Map(rows.map((row) => [row.chargeId, row.count]))
  const faults = captures.flatMap((intent) => {
    const times = loans.get(intent.path.split('/')[3]!) ?? 0
    return times === (done(intent) ? 1 : 0)
      ? []
      : [`${intent.path} answered ${intent.answer?.status}, made ${times} loans`]
  })
  return { rule: 'every acknowledged capture made one loan', checked: captures.length, faults }
}

const asked = 500
const triesMax = 10

/** The same request under the same key gets the same answer, however often and whenever. */
async function answersStand(server: Server, world: CrashWorld, { intents }: Ledger): Promise<Finding> {
  const printer = requestPrinter(server.port, world.key)
  const connection = await openConnection(server.port)
  const faults: string[] = []
  const sample = intents.filter((_, index) => index % Math.ceil(intents.length / asked) === 0)
  for (const intent of sample) {
    let again = await connection.send(printer.post(intent.path, intent.body, intent.key))
    // Sent away for a moment is no other answer.
    for (let tries = 1; again.status === 503 && tries < triesMax; tries++) {
      await delay(200)
      again = await connection.send(printer.post(intent.path, intent.body, intent.key))
    }
    const same =
      again.status === intent.answer!.status && (again.status >= 400 || sameJson(again.body, intent.answer!.body))
    if (!same)
      faults.push(
        `${intent.key}: first ${intent.answer!.status} ${intent.answer!.body}, then ${again.status} ${again.body}`,
      )
  }
  connection.close()
  return { rule: 'a key sent once more gets its first answer', checked: sample.length, faults }
}

/** Kept answers lose the order of their members. */
function sameJson(one: string, other: string): boolean {
  return canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other))
}

/** Trouble is told as 503, come back; 500 would mean that nobody thought of it. */
function nothingUnforeseen({ statuses }: Ledger): Finding {
  const answers = [...statuses]
  return {
    rule: 'no answer was an internal error',
    checked: answers.reduce((sum, [, times]) => sum + times, 0),
    faults: answers.filter(([status]) => status === 500).map(([, times]) => `${times} × 500; see server.log`),
  }
}

async function booksTrue(server: Server): Promise<Finding> {
  const report = await withDatabase(server, (db) => audit(db, null))
  const faults = report.proofs.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))
  return {
    rule: 'the books are true (audit)',
    checked: report.proofs.reduce((sum, proof) => sum + proof.checked, 0),
    faults,
  }
}
