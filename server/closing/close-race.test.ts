/** A customer who pays while the day is closed: whichever comes first, nothing of either is lost. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'
import { plainTerms, testCredit } from '../testing.ts'

type Query = (...all: unknown[]) => Promise<unknown>

interface Watch {
  readonly db: Database
  /** Happens once, between the next close's readings of its lines and of their loans, whichever is read first. */
  between(meanwhile: () => Promise<unknown>): void
}

function watch(db: Database): Watch {
  let meanwhile: (() => Promise<unknown>) | null = null
  let read: 'nothing' | 'lines' | 'loans' = 'nothing'
  const happen = async () => {
    const work = meanwhile
    meanwhile = null
    await work?.()
  }
  /** Lines wait a moment, so that loans asked for at the same time are read before them. */
  async function readLines(run: () => Promise<unknown>): Promise<unknown> {
    await delay(50)
    if (read === 'loans') await happen()
    const rows = await run()
    read = 'lines'
    return rows
  }
  async function readLoans(run: () => Promise<unknown>): Promise<unknown> {
    if (read === 'lines') await happen()
    const rows = await run()
    read = 'loans'
    return rows
  }
  /** The close reads on the connections for readings, a repayment on the others. */
  const watched = (target: Database, isReadings: boolean): Database =>
    new Proxy(target, {
      apply(inner, _self, all: unknown[]) {
        const run = () => (inner as unknown as Query)(...all)
        const text = Array.isArray(all[0]) ? all[0].join('?') : ''
        if (meanwhile === null || !isReadings) return run()
        if (/from lines\s+where .*\bid = any/.test(text)) return readLines(run)
        if (/from loans\s+where .*line_id = any/.test(text)) return readLoans(run)
        return run()
      },
      get: (inner, name) => (name === 'readings' ? watched(inner.readings, true) : Reflect.get(inner, name)),
    })
  return {
    db: watched(db, false),
    between(work) {
      meanwhile = work
      read = 'nothing'
    },
  }
}

test('a repayment between the close’s readings of a line and of its loans is in the books and on the loan', async () => {
  const url = await testDatabase({ after })
  const { db, between } = watch(openDatabase(url, { max: 5 }))
  const { sandbox } = await testCredit({ after }, { parts: { db } })
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  await world.buy({ lineId, merchantId, amount: 30_000 })
  // Due on 13 April; the close of the 17th charges for being late.
  await world.advance('2026-04-12')
  let repaid = 0
  between(async () => {
    repaid++
    await world.pay(lineId, 10_000)
  })
  await world.advance('2026-04-18')
  assert.equal(repaid, 1)
  const [loan] = await world.loansOf(lineId)
  assert.equal(loan!.principalOutstanding, 20_000)
  assert.equal((await world.readLine(lineId)).owed, 20_000)
  await world.booksAreTrue()
})
