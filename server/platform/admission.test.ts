import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAdmission } from './admission.ts'

/** A server that handles requests one after another, seen every millisecond of a clock of its own. */
function simulated(alwaysAdmitted = 256) {
  let at = 0
  const admission = createAdmission({ now: () => at, waitMaxMs: 500, alwaysAdmitted })
  const queue: number[] = []
  const credit = { arrivals: 0, work: 0 }

  function run(milliseconds: number, arrivalsPerSecond: number, capacityPerSecond: number) {
    const seen = { finished: 0, refused: 0, waitMaxMs: 0, retryAfter: new Set<number>() }
    for (const until = at + milliseconds; at < until; at++) {
      for (credit.arrivals += arrivalsPerSecond / 1000; credit.arrivals >= 1; credit.arrivals--) {
        const retryAfter = admission.enter()
        if (retryAfter === null) queue.push(at)
        else {
          seen.refused++
          seen.retryAfter.add(retryAfter)
        }
      }
      // Nothing is saved up while there is nothing to do.
      for (credit.work += capacityPerSecond / 1000; credit.work >= 1; credit.work--) {
        const enteredAt = queue.shift()
        if (enteredAt === undefined) continue
        seen.waitMaxMs = Math.max(seen.waitMaxMs, at - enteredAt)
        seen.finished++
        admission.leave()
      }
    }
    return seen
  }
  return { admission, run }
}

test('below its capacity a server refuses nobody, whatever its speed', () => {
  for (const capacity of [300, 2_000, 20_000]) {
    const { run } = simulated()
    assert.equal(run(5_000, capacity * 0.9, capacity).refused, 0, String(capacity))
  }
})

test('at three times its capacity it goes on at full speed, and nobody who was let in waits long', () => {
  for (const capacity of [1_000, 3_000, 20_000]) {
    const { run } = simulated()
    run(2_000, capacity * 3, capacity)
    const { finished, refused, waitMaxMs } = run(5_000, capacity * 3, capacity)
    assert.ok(Math.abs(finished - capacity * 5) <= 1, `${finished} finished of ${capacity * 5} possible`)
    assert.ok(Math.abs(refused - capacity * 10) <= capacity * 0.5, `${refused} refused`)
    assert.ok(waitMaxMs <= Math.max(220, (256 * 1000) / capacity), `${waitMaxMs} ms at ${capacity}/s`)
  }
})

test('a crowd that the server can finish in half a second is let in whole, even beside steady work', () => {
  const { run } = simulated()
  run(5_000, 4_900, 5_000)
  // For a tenth of a second 23,000 come each second: 1,800 more than it can finish meanwhile.
  const crowd = run(100, 23_000, 5_000)
  const after = run(5_000, 2_000, 5_000)
  assert.equal(crowd.refused + after.refused, 0)
  assert.ok(after.waitMaxMs > 300, 'it had to wait')
})

test('those refused are sent away for different times', () => {
  const { run } = simulated()
  run(2_000, 6_000, 2_000)
  assert.deepEqual([...run(1_000, 6_000, 2_000).retryAfter].sort(), [1, 2, 3])
})

test('while nothing gets finished the place of one batch remains; when it goes on, the full speed is back in a second', () => {
  const { admission, run } = simulated()
  run(3_000, 6_000, 2_000)
  run(10_000, 6_000, 0)
  assert.equal(admission.limit(), 256)
  run(1_000, 6_000, 2_000)
  assert.ok(admission.limit() >= 360, `${admission.limit()} let in, 400 would be right`)
  assert.equal(run(1_000, 6_000, 2_000).finished, 2_000)
})

test('a quiet hour teaches nothing: the crowd after it is let in', () => {
  const { admission, run } = simulated()
  run(2_000, 8_000, 4_000)
  const before = admission.limit()
  run(60_000, 5, 4_000)
  assert.ok(admission.limit() >= before)
})
