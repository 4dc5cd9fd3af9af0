import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { createRequestTimes } from './request-times.ts'

const order = { name: 'request_seconds', help: 'Time of a request', buckets: [0.001, 0.25, 10] }

const times = fc.array(
  fc.record({
    method: fc.constantFrom('GET', 'POST'),
    route: fc.constantFrom('/v1/quotes', '/v1/lines/:id', 'unknown'),
    status: fc.constantFrom(200, 201, 503),
    // Whole 1/1024 s: sums are the same in whichever order they are added up.
    seconds: fc.oneof(
      fc.integer({ min: 0, max: 20_000 }).map((ticks) => ticks / 1024),
      fc.constantFrom(...order.buckets.slice(1)),
    ),
  }),
)

const linesOf = (text: string) => text.split('\n').sort()

test('a monitor reads the same as of a histogram of prom-client', async () => {
  await fc.assert(
    fc.asyncProperty(times, async (observed) => {
      const own = new Registry()
      const other = new Registry()
      const ours = createRequestTimes(own, order)
      const histogram = new Histogram({ ...order, labelNames: ['method', 'route', 'status'], registers: [other] })
      for (const { method, route, status, seconds } of observed) {
        ours.observe(method, route, status, seconds)
        histogram.observe({ method, route, status }, seconds)
      }
      assert.deepEqual(linesOf(await own.metrics()), linesOf(await other.metrics()))
    }),
  )
})
