/**
 * The times of requests for Prometheus. prom-client's own histogram makes a text of the labels for each time it is told, and
 * looks for it and for the bucket by name: 1 µs of every request. Here it is a counter in an array, and becomes text when it is
 * read.
 */
import type { Metric, Registry } from 'prom-client'

export interface RequestTimes {
  observe(method: string, route: string, status: number, seconds: number): void
}

/** What is counted apart. */
interface Series {
  readonly method: string
  readonly status: number
  /** By bucket, each without those below it; the last is beyond all bounds. */
  readonly counts: number[]
  sum: number
}

interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface RequestTimesOrder {
  readonly name: string
  readonly help: string
  /** Upper bounds in seconds, ascending. */
  readonly buckets: readonly number[]
}

export function createRequestTimes(registry: Registry, { name, help, buckets }: RequestTimesOrder): RequestTimes {
  const byRoute = new Map<string, Series[]>()

  function seriesOf(method: string, route: string, status: number): Series {
    const known = byRoute.get(route)
    const same = known?.find((series) => series.status === status && series.method === method)
    if (same !== undefined) return same
    const series = { method, status, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 }
    if (known === undefined) byRoute.set(route, [series])
    else known.push(series)
    return series
  }

  function observe(method: string, route: string, status: number, seconds: number): void {
    const series = seriesOf(method, route, status)
    let bucket = 0
    while (bucket < buckets.length && seconds > buckets[bucket]!) bucket++
    series.counts[bucket]!++
    series.sum += seconds
  }

  function samplesOf(route: string, { method, status, counts, sum }: Series): Sample[] {
    const labels = { method, route, status }
    let count = 0
    const bounded = counts.map((own, bucket) => {
      count += own
      const le = buckets[bucket] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
    })
    return [
      ...bounded,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }

  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...byRoute].flatMap(([route, all]) => all.flatMap((series) => samplesOf(route, series))),
  })
  // A registry asks its metrics for no more than these; the type names prom-client's own classes.
  registry.registerMetric({ name, get, reset: () => byRoute.clear() } as unknown as Metric)
  return { observe }
}
