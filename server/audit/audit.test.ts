import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { runAuditCommand } from '../../cli/audit.ts'
import { testCredit } from '../testing.ts'
import { assertEachIsFound, auditOf, bookkeeping, failuresOf, type Tampering, tamperingWith } from './testing.ts'

const credit = await testCredit({ after })
const { sandbox, db } = credit
const tampered = tamperingWith(db)

test('whatever is changed behind the system’s back is found, and the row is named', async () => {
  const {
    world,
    program,
    merchant,
    line,
    idle,
    charge,
    loan,
    statement,
    repayment,
    held,
    payout,
    captured: row,
  } = await bookkeeping(credit)
  // The database itself refuses legs that do not balance; somebody who can change rows can drop that too.
  await db`alter table journal drop constraint legs_balance`
  const captured = `shard = ${row.shard} and seq = ${row.seq}`
  const id = (name: string) => `id = '${name}'`
  const merchantDay = `account = 'liability:merchant:${merchant}:payable' and effective_on = '2026-03-05'`
  const cases: Tampering[] = [
    [
      'one leg',
      'journal',
      captured,
      'amounts[1] = amounts[1] + 1',
      [
        /legs sum to zero: event evt_\w+ \(shard \d, seq \d+\): legs sum to 1/,
        /sum of its legs: asset:loans:\w+ CNY on/,
      ],
    ],
    [
      'two legs, so that they balance still',
      'journal',
      captured,
      'amounts[1] = amounts[1] + 5, amounts[2] = amounts[2] - 5',
      [/sum of its legs: asset:loans:/, /sum of its legs: liability:/],
    ],
    ['the day of an event', 'journal', captured, `effective_on = '2026-03-06'`, [/asset:loans:\w+ CNY on 2026-03-06/]],
    [
      'an event that has the number of the one before',
      'journal',
      id(row.id),
      'seq = seq - 1',
      [new RegExp(`shard ${row.shard}: .*; missing: ${row.seq}; there more than once: ${row.seq - 1n}$`)],
    ],
    [
      'an event with a number below all',
      'journal',
      id(row.id),
      'seq = 0',
      [new RegExp(`shard ${row.shard}: .*; missing: ${row.seq}; beyond the numbers given: 0$`)],
    ],
    [
      'the head of a shard',
      'shard_heads',
      `shard = ${row.shard}`,
      `delete from shard_heads where shard = ${row.shard}`,
      [new RegExp(`shard ${row.shard}: 0 events were numbered, \\d+ are there`)],
    ],
    [
      'a deleted line of which there is nothing else',
      'lines',
      id(idle),
      `delete from lines where ${id(idle)}`,
      [new RegExp(`line ${idle}: the journal has its opening, but it is not there`)],
    ],
    [
      'the number of a bill',
      'statements',
      id(statement),
      'number = number + 5',
      [new RegExp(`statement ${statement}: number, close and due day are 6 .*, in the journal 1 `)],
    ],
    [
      'the first day of a bill',
      'statements',
      id(statement),
      'opened_on = opened_on + 1',
      [new RegExp(`statement ${statement}: it begins on 2026-03-06, reckoned again on 2026-03-05`)],
    ],
    [
      'the due day of a bill',
      'statements',
      id(statement),
      'due_on = due_on + 20',
      [new RegExp(`statement ${statement}: number, close and due day are `)],
    ],
    [
      'a deleted event',
      'journal',
      captured,
      `delete from journal where ${captured}`,
      [
        new RegExp(`no event is missing from the journal: shard ${row.shard}: .* missing: ${row.seq}$`),
        new RegExp(`loan ${loan}: the journal has no disbursement of it`),
      ],
    ],
    [
      'a contract, so that it names terms that there are not',
      'loans',
      id(loan),
      `terms = jsonb_set(terms::jsonb, '{as}', '"bill-0"')::json`,
      [
        new RegExp(`loan ${loan}: its contract differs from the one in the journal`),
        new RegExp(`statement ${statement}: a loan of its line cannot be read: .*bill-0`),
      ],
    ],
    [
      'an event of a loan, so that it is none',
      'loans',
      id(loan),
      `events = '[{"type": "repayment"}]'`,
      [new RegExp(`loan ${loan}: its events differ`), /a loan of its line cannot be read/],
    ],
    [
      'a deleted bill',
      'statements',
      id(statement),
      `delete from statements where ${id(statement)}`,
      [new RegExp(`statement ${statement}: the journal has its close, but it, or its line ${line}, is not there`)],
    ],
    [
      'a balance',
      'balances',
      merchantDay,
      'credit_minor = credit_minor + 1',
      [
        new RegExp(`sum of its legs: liability:merchant:${merchant}:payable CNY on 2026-03-05: balance has`),
        new RegExp(`sum of its days: liability:merchant:${merchant}:payable CNY in shard ${row.shard}: total has`),
      ],
    ],
    [
      'a total',
      'account_totals',
      `account = 'liability:merchant:${merchant}:payable'`,
      'credit_minor = credit_minor + 1',
      [new RegExp(`sum of its days: liability:merchant:${merchant}:payable CNY in shard ${row.shard}: total has`)],
    ],
    [
      'the last day of a total',
      'account_totals',
      `account = 'liability:merchant:${merchant}:payable'`,
      'last_on = last_on - 1',
      [new RegExp(`sum of its days: liability:merchant:${merchant}:payable CNY in shard ${row.shard}: total has`)],
    ],
    [
      'the principal of a loan',
      'loans',
      id(loan),
      'principal_minor = principal_minor + 1',
      [new RegExp(`loan ${loan}: principal is stored as 1, folded it is 0`), new RegExp(`line ${line}: owes 0`)],
    ],
    [
      'an event of a loan',
      'loans',
      id(loan),
      `events = jsonb_set(events::jsonb, '{0,amount}', '"49999"')`,
      [new RegExp(`loan ${loan}: its events differ from those in the journal`)],
    ],
    [
      'a contract',
      'loans',
      id(loan),
      `terms = jsonb_set(terms::jsonb, '{annualRatePercent}', '"0"')`,
      [new RegExp(`loan ${loan}: its contract differs from the one in the journal`)],
    ],
    [
      'the status of a loan',
      'loans',
      id(loan),
      `status = 'active'`,
      [new RegExp(`loan ${loan}: status is stored as active, folded it is paid`)],
    ],
    [
      'a counter of a loan',
      'loans',
      id(loan),
      `posted = jsonb_set(posted::jsonb, '{interestPaid}', '"1"')`,
      [new RegExp(`loan ${loan}: posted counters are`), new RegExp(`asset:interest:${program}`)],
    ],
    ['what a line owes', 'lines', id(line), 'owed_minor = owed_minor + 1', [new RegExp(`line ${line}: owes 1`)]],
    ['what a line holds', 'lines', id(line), 'held_minor = 0', [new RegExp(`line ${line}: .* holds 0, .* 7000`)]],
    [
      'a customer’s credit',
      'lines',
      id(line),
      'credit_minor = credit_minor + 1',
      [
        new RegExp(`line ${line}: keeps 501 of credit, its events gave it 500`),
        new RegExp(`line ${line}: keeps 501 of credit, its loans and repayments left 500`),
      ],
    ],
    [
      'credit that is used a second time',
      'lines',
      id(line),
      'credit_minor = -22',
      [new RegExp(`line ${line}: is overdrawn by 22, what bounced took 0`)],
    ],
    [
      'a hold',
      'charges',
      id(held),
      'amount_minor = amount_minor + 1',
      [new RegExp(`line ${line}: .* holds 7000, its charges 7001`)],
    ],
    [
      'a capture',
      'charges',
      id(charge),
      'captured_minor = captured_minor - 1',
      [new RegExp(`charge ${charge}: captured 299999, lent 300000`), new RegExp(`merchant:${merchant}:payable`)],
    ],
    [
      'a refund',
      'refunds',
      `charge_id = '${charge}'`,
      'amount_minor = amount_minor - 1',
      [new RegExp(`charge ${charge}: .* refunded 50000, refunds 49999`)],
    ],
    [
      'a merchant’s fee',
      'charges',
      id(charge),
      'fee_minor = fee_minor - 1',
      [new RegExp(`merchants are owed .* liability:merchant:${merchant}:payable`)],
    ],
    [
      'an item of a bill',
      'statements',
      id(statement),
      `items = jsonb_set(items, '{0,total}', '1')`,
      [new RegExp(`statement ${statement}: its items are`)],
    ],
    [
      'the minimum of a bill',
      'statements',
      id(statement),
      'minimum_minor = 1',
      [new RegExp(`statement ${statement}: total and minimum are \\d+ and 1, computed again`)],
    ],
    [
      'where a repayment went',
      'repayments',
      id(repayment),
      `allocations = jsonb_set(allocations, '{0,amount}', '1')`,
      [new RegExp(`repayment ${repayment}: \\d+ came in, \\d+ was spread`)],
    ],
    [
      'a payout',
      'payouts',
      id(payout),
      'amount_minor = amount_minor + 1',
      [new RegExp(`every payout was booked once: payout ${payout}: `)],
    ],
  ]
  await assertEachIsFound(db, world, cases)
})

test('what is wrong in one tenant’s rows is not told to another', async () => {
  const [mine, other] = [await bookkeeping(credit), await sandbox('2026-03-05')]
  const seen = await tampered('loans', `id = '${mine.loan}'`, 'principal_minor = principal_minor + 1', () =>
    failuresOf(other),
  )
  assert.deepEqual(seen, [])
})

/** Runs `chit audit` on this file's database; gives its exit code and what it printed. */
async function chitAudit(args: string[], url: string): Promise<{ code: number; printed: string }> {
  const lines: string[] = []
  const { log, error } = console
  const before = { url: process.env.DATABASE_URL, key: process.env.CHIT_MASTER_KEY }
  process.env.DATABASE_URL = url
  process.env.CHIT_MASTER_KEY = Buffer.alloc(32, 7).toString('base64')
  console.log = console.error = (line: unknown) => lines.push(String(line))
  try {
    return { code: await runAuditCommand(args), printed: lines.join('\n') }
  } finally {
    Object.assign(console, { log, error })
    restore('DATABASE_URL', before.url)
    restore('CHIT_MASTER_KEY', before.key)
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

async function ownUrl(): Promise<string> {
  const [row] = await db<{ name: string }[]>`select current_database() as name`
  const url = new URL(process.env.CHIT_TEST_DATABASE_URL!)
  url.pathname = `/${row!.name}`
  return url.href
}

test('chit audit lists each proof with its count; it ends with 0, with 1 naming the rows, with 2 if it could not run', async () => {
  const { world, loan } = await bookkeeping(credit)
  const url = await ownUrl()
  const good = await chitAudit([], url)
  assert.equal(good.code, 0, good.printed)
  assert.match(good.printed, /^✓ every loan is the fold of its journal events \(\d+ checked\)$/m)
  assert.match(good.printed, /The books are true\./)
  assert.equal(good.printed.match(/^✓/gm)!.length, (await auditOf(world)).proofs.length)

  const bad = await tampered('loans', `id = '${loan}'`, 'principal_minor = principal_minor + 1', () =>
    chitAudit(['--tenant', world.tenantId], url),
  )
  assert.equal(bad.code, 1)
  assert.match(bad.printed, new RegExp(`^ +loan ${loan}: principal is stored as 1, folded it is 0$`, 'm'))
  assert.match(bad.printed, /2 of \d+ proofs fail\./)

  const nowhere = new URL(url)
  nowhere.pathname = '/no_such_database'
  const none = await chitAudit([], nowhere.href)
  assert.equal(none.code, 2)
  assert.match(none.printed, /^chit: /)
})

test('chit audit that could not run says why in a line and ends with 2, never with the 1 or 0 of books that were read', async () => {
  const url = await ownUrl()
  const foreign = new URL(url)
  foreign.pathname = '/postgres'
  const unknown = await chitAudit(['--tenant', 'ten_0'], url)
  assert.deepEqual(unknown, {
    code: 2,
    printed: 'chit: There is no tenant "ten_0" in this database. Correct --tenant, or leave it out.',
  })
  for (const [args, at, told] of [
    [['--all'], url, /^chit: Unknown option '--all'\. See chit audit --help\.$/],
    [['ten_0'], url, /^chit: Unexpected argument 'ten_0'\. See/],
    [[], foreign.href, /^chit: The database is not one of Chit\. Correct/],
  ] as const) {
    const { code, printed } = await chitAudit([...args], at)
    assert.deepEqual([code, told.test(printed)], [2, true], printed)
  }
  const [row] = await db<{ newest: string }[]>`select max(name) as newest from schema_migrations`
  const where = `name in ('${row!.newest}', '9999_x.sql')`
  for (const [change, told] of [
    [`delete from schema_migrations where ${where}`, /^chit: The database is of an older version of Chit \(without 0/],
    ["name = '9999_x.sql'", /^chit: The database was migrated by a newer version of Chit \(9999_x\.sql\)/],
  ] as const) {
    const { code, printed } = await tampered('schema_migrations', where, change, () => chitAudit([], url))
    assert.deepEqual([code, told.test(printed)], [2, true], printed)
  }
})
