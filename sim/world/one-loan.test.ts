/** The auditor's loan and core's, event by event: what worlds take minutes to come across, thousands of short lives find in seconds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyLife, differences } from './one-loan.test-support.ts'

/** The same lives in every run, as in a world of one seed; more with CHIT_PROPERTY_RUNS, others with CHIT_PROPERTY_SEED. */
const seed = Number(process.env.CHIT_PROPERTY_SEED ?? 1)
const numRuns = Number(process.env.CHIT_PROPERTY_RUNS ?? 1_500)

for (const method of ['level', 'carried', 'flat'] as const) {
  test(`a loan with a ${method} plan owes the same by both reckonings, whatever happens to it`, () => {
    const same = fc.property(anyLife(method, 10), (life) => assert.deepEqual(differences(life), []))
    fc.assert(same, { seed, numRuns })
  })
}
