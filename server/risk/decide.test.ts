import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context } from '../platform/context.ts'
import { decodeProgramTerms } from '../programs/types.ts'
import { plainTerms } from '../testing.ts'
import { type Application, decideCharge, decideLine, type Profile } from './decide.ts'

/** The rules of today look at nothing outside of the application. */
const nobody = {} as Context

/** Limits from 500.00 to 200,000.00, 8,000.00 for the unknown; buying stops after 4 days past due. */
const terms = decodeProgramTerms(plainTerms())

function decided(profile: Profile, more: Partial<Application> = {}) {
  return decideLine(nobody, { terms, kind: 'consumer', profile, linesOpen: 0, daysPastDue: 0, ...more })
}

test('the first limit is what two months’ spending and half a month’s income allow, within the product’s range', async () => {
  const cases: [profile: Profile, limit: bigint, reason: string][] = [
    [{}, 800_000n, 'initial-limit'],
    [{ ordersLastYear: 40, age: 30 }, 800_000n, 'initial-limit'],
    [{ monthlyIncome: 1_000_000n }, 500_000n, 'affordable'],
    [{ monthlySpend: 300_000n }, 600_000n, 'affordable'],
    [{ monthlyIncome: 1_000_000n, monthlySpend: 300_000n }, 500_000n, 'affordable'],
    [{ monthlyIncome: 2_000_000n, monthlySpend: 300_000n }, 600_000n, 'affordable'],
    [{ monthlySpend: 1n }, 50_000n, 'affordable'],
    [{ monthlyIncome: 100_000_000_000n }, 20_000_000n, 'affordable'],
  ]
  for (const [profile, limit, reason] of cases) {
    const decision = await decided(profile)
    assert.equal(decision.outcome, 'approve')
    assert.equal(decision.limit, limit)
    assert.deepEqual(
      decision.reasons.map(({ code }) => code),
      [reason],
    )
    assert.equal(decision.policy, 'simple-1')
  }
})

test('a decline names every reason, in words', async () => {
  const cases: [profile: Profile, daysPastDue: number, reasons: string[]][] = [
    [{ age: 17 }, 0, ['under-age']],
    [{ monthlyIncome: 0n }, 0, ['no-income']],
    [{}, 1, ['past-due']],
    [{ age: 17, monthlyIncome: 0n }, 30, ['under-age', 'past-due', 'no-income']],
  ]
  for (const [profile, daysPastDue, reasons] of cases) {
    const decision = await decided(profile, { daysPastDue })
    assert.equal(decision.outcome, 'decline')
    assert.equal(decision.limit, 0n)
    assert.deepEqual(
      decision.reasons.map(({ code }) => code),
      reasons,
    )
    for (const { text } of decision.reasons) assert.match(text, /^[A-Z].*\.$/)
  }
  assert.equal((await decided({ age: 18 })).outcome, 'approve')
})

test('buying stops on the day past due that the product names', async () => {
  const outcomes = await Promise.all(
    [0, 3, 4, 5].map(async (daysPastDue) => (await decideCharge(nobody, { terms, amount: 100n, daysPastDue })).outcome),
  )
  assert.deepEqual(outcomes, ['approve', 'approve', 'decline', 'decline'])
})
