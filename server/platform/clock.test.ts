import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clockOf, instantText } from './clock.ts'

const anyMilliseconds = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 0, 1) })

test('an instant reads as Temporal prints it, whatever was printed before', () => {
  fc.assert(
    fc.property(
      fc.array(anyMilliseconds, { minLength: 1, maxLength: 4 }),
      fc.integer({ max: 1_500 }),
      (times, step) => {
        for (const at of times.flatMap((time) => [time, time + Math.abs(step)])) {
          assert.equal(instantText(at), Temporal.Instant.fromEpochMilliseconds(at).toString())
        }
      },
    ),
  )
})

test('the date of a time zone is that of its wall clock, whatever was asked before', () => {
  const zones = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Pacific/Apia', 'UTC')
  fc.assert(
    fc.property(fc.array(fc.tuple(anyMilliseconds, zones), { minLength: 1, maxLength: 5 }), (questions) => {
      for (const [at, zone] of questions) {
        const instant = Temporal.Instant.fromEpochMilliseconds(at)
        assert.equal(clockOf(() => at).today(zone), instant.toZonedDateTimeISO(zone).toPlainDate().toString())
      }
    }),
  )
})
