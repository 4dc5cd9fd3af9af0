/** A group whose books do not hold says so, whosever they are, and a world asks for its own audit. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../../server/platform/database.ts'
import { chanceOf } from '../world/chance.ts'
import { type House, openHouse } from '../world/house.ts'
import { liveGroup } from './group.ts'
import { tellingsOf } from './telling.ts'
import type { Group } from './types.ts'

const template = process.env.CHIT_TEST_DATABASE_URL!
const played = { customers: 5, days: 6, withFaults: false, shards: 1 }

let groups = 0
const groupOf = (seeds: readonly number[]): Group => ({
  name: `test_${process.pid}_${++groups}`,
  seeds,
  shards: 1,
  world: { ...played, auditEvery: 3 },
  tellDay: null,
})

/** Money in the books of a tenant that no world knows, from the evening of the first audit on. */
async function withForeignMoney(url: string): Promise<House> {
  const real = await openHouse(url)
  const db = openDatabase(url, { max: 1 })
  after(() => db.end())
  const scene = { chance: chanceOf(1, 2, 3, 4), at: 0 }
  const { tenantId } = await real.openSandbox(scene, { name: 'Nobody', timeZone: 'UTC', now: '2026-03-01' })
  return {
    ...real,
    async auditAll() {
      await db`
        insert into balances (shard, tenant_id, account, currency, effective_on, debit_minor, credit_minor)
        values (0, ${tenantId}, 'asset:bank', 'USD', '2026-03-01', 7, 0)`
      return real.auditAll()
    },
  }
}

test('what the audit of all worlds alone finds stops the group on that day, with its seeds and how to play it again', async () => {
  const report = await liveGroup(template, groupOf([41, 42]), withForeignMoney)
  assert.deepEqual(report.failures, [])
  assert.equal(report.worlds.length, 2)
  assert.equal(report.common?.dayNumber, 3)
  const [telling, ...others] = tellingsOf(played, report)
  assert.deepEqual(others, [])
  assert.match(telling!, /^✗ seeds 41\.\.42, day 3: the books of all worlds together:\n {2}every balance is the sum/)
  const command = 'npm run sim -- --seeds 41..42 --workers 1 --customers 5 --days 6 --until-day 3 --no-faults'
  assert.ok(telling!.endsWith(`\n  again: ${command}`), telling!)
})

test('it is told beside the failure of a world that has nothing to do with it', async () => {
  const report = await liveGroup(template, groupOf([43, 44]), async (url: string) => {
    const house = await withForeignMoney(url)
    const send: House['send'] = async (letter, scene, ill) => {
      const reply = await house.send(letter, scene, ill)
      const isOff = letter.path === '/v1/clock/advance' && letter.key?.startsWith('s43-') === true
      return isOff ? { ...reply, status: 400 } : reply
    }
    return { ...house, send }
  })
  assert.deepEqual(
    report.failures.map(({ seed, dayNumber }) => [seed, dayNumber]),
    [[43, 1]],
  )
  assert.equal(report.common?.dayNumber, 3)
  const [ofWorld, ofAll] = tellingsOf(played, report)
  assert.match(ofWorld!, /--seed 43 .*--until-day 1 --no-faults --verbose$/)
  assert.match(ofAll!, /^✗ seeds 43\.\.44, day 3: /)
})

test('what the audit of one tenant says wrongly is seen though that of all worlds finds nothing', async () => {
  const report = await liveGroup(template, groupOf([45, 46]), async (url: string) => {
    const house = await openHouse(url)
    let audits = 0
    const send: House['send'] = async (letter, scene, ill) => {
      const reply = await house.send(letter, scene, ill)
      if (letter.path !== '/v1/audit' || ++audits > 1) return reply
      return { ...reply, text: JSON.stringify({ ...JSON.parse(reply.text), ok: false }) }
    }
    return { ...house, send }
  })
  assert.equal(report.common, null)
  assert.equal(report.worlds.length, 1)
  assert.deepEqual(
    report.failures.map(({ dayNumber }) => dayNumber),
    [6],
  )
  assert.match(report.failures[0]!.message, /the server's own audit fails/)
})
