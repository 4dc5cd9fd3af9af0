/** A real server under load on a PostgreSQL that a test may mistreat, and the books to be checked afterwards. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ended, hasEnded, type Server, startServer } from '../../bench/harness/server.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { stopPostgres } from './postgres.ts'
import { judge } from './verdict.ts'
import { type CrashWorld, makeCrashWorld } from './world.ts'

export interface Site {
  server: Server
  readonly world: CrashWorld
  readonly fleet: Fleet
  /** Runs the load until something is the case. */
  loadUntil(what: string, met: () => boolean | Promise<boolean>): Promise<void>
  /** Starts the server again if it ended, sends what is unanswered once more under its key, and looks into the books. */
  settle(): Promise<void>
}

const callers = 24
const patienceMilliseconds = 20_000

export const masterKey = Buffer.alloc(32, 1).toString('base64')

export async function openSite(t: TestContext, home: string, env: Readonly<Record<string, string>>): Promise<Site> {
  const start = () => startServer({ home, env: { LOG_LEVEL: 'error', CHIT_MASTER_KEY: masterKey, ...env } })
  const site = { server: await start() }
  t.after(() => ended(site.server.child, 'SIGTERM'))
  const world = await makeCrashWorld(site.server)
  const fleet = createFleet({ world, callers, seed: 1 })

  async function loadUntil(what: string, met: () => boolean | Promise<boolean>): Promise<void> {
    fleet.start(site.server.port)
    await until(what, met)
  }

  async function settle(): Promise<void> {
    await fleet.pause()
    if (hasEnded(site.server.child)) site.server = await start()
    await fleet.resend(site.server.port)
    const faults = (await judge(site.server, world, fleet.ledger)).flatMap((finding) => finding.faults)
    assert.deepEqual(faults, [])
  }

  return Object.assign(site, { world, fleet, loadUntil, settle })
}

export async function until(
  what: string,
  met: () => boolean | Promise<boolean>,
  milliseconds = patienceMilliseconds,
): Promise<void> {
  const startedAt = performance.now()
  while (!(await met())) {
    assert.ok(performance.now() - startedAt < milliseconds, `waited ${milliseconds / 1000} s for this: ${what}`)
    await delay(20)
  }
}

/** A folder that is gone after the test, with the PostgreSQL that may still run in it. */
export async function tempHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'chit-outage-'))
  t.after(async () => {
    await stopPostgres(home).catch(() => {})
    await rm(home, { recursive: true, force: true })
  })
  return home
}
