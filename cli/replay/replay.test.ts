import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withServer } from '../http/server.ts'
import { loadOrders } from './load.ts'
import { readOptions } from './options.ts'
import { silentProgress } from './progress.ts'
import { asText, sectionsOf } from './report.ts'
import { replay } from './run.ts'
import { totalOf } from './tally.ts'

const checkout = join(import.meta.dirname, '../..')
const file = join(checkout, 'cli/testdata/orders.csv')
const map = '--map=customer=Buyer,merchant=Shop,amount=Total,time=Placed,order=Order,type=Kind,refund-of=Of'

async function replayed(server: { url: string; key: string }, seed: string, concurrency: string) {
  const options = readOptions([file, map, '--seed', seed, '--concurrency', concurrency, '--tail-months', '3'])!
  const { format, creditLimit } = options
  const read = await loadOrders(options.file, format)
  const plan = { ...options, ...format, orders: read.orders, limit: creditLimit }
  const outcome = await replay(server, plan, silentProgress)
  const subject = { ...options, ...format, command: '', limit: creditLimit, read, replayed: outcome }
  // The last section is about the machine.
  return { outcome, report: asText('', sectionsOf(subject).slice(0, -1)) }
}

test('the same file and seed give the same report, whatever runs at the same time; the books close and the audit holds', async () => {
  await withServer({}, async (server) => {
    const [first, again, other] = await Promise.all([
      replayed(server, '1', '32'),
      replayed(server, '1', '2'),
      replayed(server, '2', '8'),
    ])
    assert.equal(again.report, first.report)
    assert.notEqual(other.report, first.report)
    const { tally, audit, trialBalance, outstandingThen, outstandingNow } = first.outcome
    assert.equal(audit.ok, true, JSON.stringify(audit.proofs.filter((proof) => proof.failures.length > 0)))
    assert.ok(trialBalance.totals.every((total) => total.balanced))
    assert.ok(outstandingNow > 0 && outstandingNow < outstandingThen)
    assert.equal(tally.sent.count, tally.accepted.count + totalOf(tally.declined).count)
    assert.ok(tally.guests.count > 0 && tally.empty.count === 1)
    assert.ok(tally.refunded.count > 0 && totalOf(tally.unmatched).count > 0)
    assert.equal(tally.refundsAsked.amount, tally.refunded.amount + totalOf(tally.unmatched).amount)
    assert.ok(tally.statements > 0 && tally.autopaid > 0 && tally.payouts > 0)
    assert.match(first.report, /no earlier order of this customer +1 /)
  })
})

function chit(...args: string[]) {
  return spawnSync(process.execPath, ['cli/main.ts', ...args], { cwd: checkout, encoding: 'utf8' })
}

test('chit replay on a server of its own: report on the screen and in a file, progress on standard error', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'chit-report-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const report = join(folder, 'report.md')
  const run = chit('replay', file, map, '--limit', '20', '--tail-months', '2', '--report', report)
  assert.equal(run.status, 0, run.stderr)
  assert.match(run.stdout, /Debits equal credits/)
  assert.match(run.stdout, /Every proof holds/)
  assert.match(run.stderr, /174 rows, 20 orders and refunds, 7 malformed rows/)
  assert.match(readFileSync(report, 'utf8'), /^# Replay of orders\.csv\n[\s\S]*\n\| Orders sent \| \d+ \| [\d,.]+ \|/)
})

test('what was typed wrongly is said in one line, with exit code 2', () => {
  const wrong: [string[], RegExp][] = [
    [['replay'], /Which file\?/],
    [['replay', file], /Which columns\?/],
    [['replay', file, '--preset', 'shop'], /no preset "shop"/],
    [['replay', file, map, '--seed', 'x'], /--seed "x" is not a whole number/],
    [['replay', file, map, '--colour', 'red'], /Unknown option '--colour'/],
    [['replay', file, map, '--currency', 'XXL'], /"XXL" is not an ISO 4217/],
    [['nonsense'], /there is no command "nonsense"/],
  ]
  for (const [args, message] of wrong) {
    const run = chit(...args)
    assert.equal(run.status, 2, args.join(' '))
    assert.match(run.stderr, message)
    assert.equal(run.stderr.trim().split('\n').length, 1, run.stderr)
  }
})
