/**
 * The peer: the TPC-B transaction on the same PostgreSQL in the same run, once through the driver that the server uses
 * and once by pgbench, where it is installed. Tables as `pgbench -i` makes them, in a database of their own.
 */
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Database, openDatabase } from '../../server/platform/database.ts'
import { withDatabase } from './database.ts'
import { percentile } from './load.ts'
import { seeded } from './random.ts'
import type { Server } from './server.ts'

export interface PeerOrder {
  readonly scale: number
  readonly clients: number
  readonly seconds: number
}

export interface PeerResult {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

const tellersPerBranch = 10
const accountsPerBranch = 100_000

export async function makePeer(server: Server, scale: number): Promise<string> {
  await withDatabase(server, async (db) => {
    await db`drop database if exists chit_bench_peer`
    await db`create database chit_bench_peer`
  })
  const address = new URL(server.databaseUrl)
  address.pathname = '/chit_bench_peer'
  const databaseUrl = address.href
  await withDatabase({ databaseUrl }, async (db) => {
    await db`create table pgbench_branches (bid int not null, bbalance int, filler char(88)) with (fillfactor = 100)`
    await db`create table pgbench_tellers (tid int not null, bid int, tbalance int, filler char(84)) with (fillfactor = 100)`
    await db`create table pgbench_accounts (aid int not null, bid int, abalance int, filler char(84)) with (fillfactor = 100)`
    await db`create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))`
    await db`insert into pgbench_branches select bid, 0 from generate_series(1, ${scale}::int) bid`
    await db`insert into pgbench_tellers
      select tid, (tid - 1) / ${tellersPerBranch}::int + 1, 0 from generate_series(1, ${scale * tellersPerBranch}::int) tid`
    await db`insert into pgbench_accounts
      select aid, (aid - 1) / ${accountsPerBranch}::int + 1, 0, ''
      from generate_series(1, ${scale * accountsPerBranch}::int) aid`
    await db`alter table pgbench_branches add primary key (bid)`
    await db`alter table pgbench_tellers add primary key (tid)`
    await db`alter table pgbench_accounts add primary key (aid)`
    await db`vacuum analyze`
    await db`checkpoint`
  })
  return databaseUrl
}

export async function tpcbByDriver(databaseUrl: string, order: PeerOrder): Promise<PeerResult> {
  const sql = openDatabase(databaseUrl, { max: order.clients })
  const times: number[] = []
  const until = performance.now() + order.seconds * 1000
  await Promise.all(
    Array.from({ length: order.clients }, async (_, client) => {
      const source = seeded(client + 1)
      while (performance.now() < until) {
        const startedAt = performance.now()
        await transaction(sql, order.scale, source)
        times.push(performance.now() - startedAt)
      }
    }),
  )
  await sql.end()
  const sorted = Float64Array.from(times).sort()
  return {
    perSecond: times.length / order.seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  }
}

/** As in pgbench's manual, "TPC-B (sort of)". */
async function transaction(sql: Database, scale: number, source: () => number): Promise<void> {
  const below = (count: number) => 1 + Math.floor(source() * count)
  const aid = below(scale * accountsPerBranch)
  const tid = below(scale * tellersPerBranch)
  const bid = below(scale)
  const delta = below(10_001) - 5_001
  await sql.begin(async (tx) => {
    await tx`update pgbench_accounts set abalance = abalance + ${delta} where aid = ${aid}`
    await tx`select abalance from pgbench_accounts where aid = ${aid}`
    await tx`update pgbench_tellers set tbalance = tbalance + ${delta} where tid = ${tid}`
    await tx`update pgbench_branches set bbalance = bbalance + ${delta} where bid = ${bid}`
    await tx`insert into pgbench_history (tid, bid, aid, delta, mtime) values (${tid}, ${bid}, ${aid}, ${delta}, current_timestamp)`
  })
}

/** Null where pgbench is not installed. */
export async function tpcbByPgbench(databaseUrl: string, order: PeerOrder): Promise<PeerResult | null> {
  const command = findPgbench()
  if (command === null) return null
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const sizes = ['-c', String(order.clients), '-j', '2', '-T', String(order.seconds)]
  const { stdout } = await promisify(execFile)(
    command,
    ['-n', '-M', 'prepared', '-h', hostname, '-p', port || '5432', '-U', username, ...sizes, pathname.slice(1)],
    { env: { PATH: process.env.PATH ?? '', PGPASSWORD: decodeURIComponent(password) } },
  )
  const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
  const average = Number(/latency average = ([\d.]+)/.exec(stdout)?.[1])
  return { perSecond, p50: average, p99: Number.NaN }
}

function findPgbench(): string | null {
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pgbench'))
  return [...onPath, ...globSync('/usr/lib/postgresql/*/bin/pgbench')].find((path) => existsSync(path)) ?? null
}
