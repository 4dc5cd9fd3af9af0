/** One purchase at a time, beside what the same disk and driver need to commit one row. */
import { openDatabase } from '../server/platform/database.ts'
import { mean } from './charges.ts'
import { printConditions } from './harness/conditions.ts'
import { withDatabase } from './harness/database.ts'
import { ms, percentile, runLoad, summary, warmUp } from './harness/load.ts'
import { type Server, withServer } from './harness/server.ts'
import { makeWorld } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const targetRatio = 1.5

export function benchLatency(options: BenchOptions): Promise<void> {
  const seconds = options.short ? 3 : 10
  const rounds = options.short ? 2 : 3
  return withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const world = await makeWorld(server, { lines: 10_000, merchants: 50 })
    await withDatabase(server, (db) => db`create table bare (id bigint primary key, told text not null)`)
    const plan = { scenario: 'charges' as const, port: server.port, connections: 1, ...world }
    await warmUp({ ...plan, connections: 64 }, options.short)
    const bare: number[] = []
    const bought: number[] = []
    for (let round = 0; round < rounds; round++) {
      bare.push(await commitOneRow(server, seconds))
      const result = await runLoad({ ...plan, seconds, warmupSeconds: 1 })
      bought.push(percentile(result.times, 0.5))
      console.log(`bare commit: p50 ${ms(bare.at(-1)!)}; one purchase at a time: ${summary(result)}`)
    }
    const ratio = mean(bought) / mean(bare)
    console.log(`\none purchase takes ${ratio.toFixed(2)} × a commit of one row (target ≤ ${targetRatio} ×)`)
  })
}

let rows = 0

/** Median milliseconds of a prepared single-row insert that commits by itself. */
async function commitOneRow({ databaseUrl }: Server, seconds: number): Promise<number> {
  const sql = openDatabase(databaseUrl, { max: 1 })
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    const startedAt = performance.now()
    await sql`insert into bare (id, told) values (${++rows}, 'a row of a purchase’s size is not the point here')`
    times.push(performance.now() - startedAt)
  }
  await sql.end()
  return percentile(Float64Array.from(times).sort(), 0.5)
}
