import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { createRequestTimes, type RequestTimes } from './request-times.ts'

/** What Prometheus reads at /metrics. One registry per platform, so that tests do not share numbers. */
export interface Metrics {
  registry: Registry
  httpDuration: RequestTimes
  /** Requests being handled now. */
  httpInFlight: Gauge
  /** Writes that shared one commit. */
  batchSize: Histogram
  /** Seconds one batch took, commit included. */
  batchDuration: Histogram
  /** Refusals by problem code. */
  problems: Counter<'code'>
}

/** `withProcess` adds memory, event loop lag and garbage collection, which need timers and so stay out of tests. */
export function createMetrics(withProcess: boolean): Metrics {
  const registry = new Registry()
  const registers = [registry]
  if (withProcess) collectDefaultMetrics({ register: registry })
  return {
    registry,
    httpDuration: createRequestTimes(registry, {
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last of its answer',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    }),
    httpInFlight: new Gauge({ name: 'http_requests_in_flight', help: 'Requests being handled', registers }),
    batchSize: new Histogram({
      name: 'chit_batch_size',
      help: 'Writes in one commit',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    batchDuration: new Histogram({
      name: 'chit_batch_duration_seconds',
      help: 'Time of one batch, commit included',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    problems: new Counter({
      name: 'chit_problems_total',
      help: 'Refused requests by problem code',
      labelNames: ['code'],
      registers,
    }),
  }
}
