/**
 * `npm run crash -- --rounds N`: purchases, captures and repayments run while the server or PostgreSQL is killed at random
 * moments. After each restart every unanswered request is sent again under its key; at the end each acknowledged one must
 * be in the books, once, and the books must be true.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Source, seeded } from '../../bench/harness/random.ts'
import { hasEnded, type Server, startServer } from '../../bench/harness/server.ts'
import { parseCommandLine, runCommand, whole } from '../../cli/command-line.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { isFault, pickStrike, strike } from './strike.ts'
import { judge, printVerdict } from './verdict.ts'
import { makeCrashWorld } from './world.ts'

const help = `npm run crash -- [--rounds N] [--seed S] [--callers N] [--keep]

  --rounds   kills and restarts, 3 by default
  --seed     of the requests and of what is killed when; printed, so that a run can be repeated
  --keep     leaves the folder with database and logs
Exit code 0: nothing acknowledged was lost, nothing was booked twice, and the books are true.
`

interface Settings {
  readonly rounds: number
  readonly seed: number
  readonly callers: number
  readonly keep: boolean
}

function readSettings(): Settings | null {
  const { values } = parseCommandLine({
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string' },
      callers: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    rounds: whole('--rounds', values.rounds, 1, 3),
    seed: whole('--seed', values.seed, 0, Date.now() % 1_000_000),
    callers: whole('--callers', values.callers, 1, 48),
    keep: values.keep,
  }
}

async function main({ rounds, seed, callers, keep }: Settings): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'chit-crash-'))
  console.log(`crash: ${rounds} rounds, seed ${seed}, ${callers} callers, folder ${home}`)
  const sound = await run(home, rounds, callers, seed)
  if (sound && !keep) await rm(home, { recursive: true, force: true })
  return sound ? 0 : 1
}

async function run(home: string, rounds: number, callers: number, seed: number): Promise<boolean> {
  const source = seeded(seed)
  let server = await startServer({ home, env: { LOG_LEVEL: 'error' } })
  try {
    const world = await makeCrashWorld(server)
    const fleet = createFleet({ world, callers, seed })
    for (let round = 1; round <= rounds; round++) server = await oneRound(fleet, server, source, round)
    fleet.start(server.port)
    await delay(1_000)
    await fleet.finish()
    return printVerdict(await judge(server, world, fleet.ledger), fleet.ledger)
  } finally {
    await server.stop()
  }
}

/** Runs, is struck, comes back, and gets its unanswered requests again. Gives the server as restarted. */
async function oneRound(fleet: Fleet, server: Server, source: Source, round: number): Promise<Server> {
  const before = fleet.ledger.answered()
  fleet.start(server.port)
  await delay(500 + source() * 2_500)
  const name = pickStrike(source)
  const outcome = await strike(name, server, fleet)
  if (isFault(name, outcome)) throw new Error(`round ${round}: ${name}: ${outcome}`)
  await fleet.pause()
  const restarted = hasEnded(server.child)
    ? await startServer({ home: server.home, env: { LOG_LEVEL: 'error' } })
    : server
  const unanswered = fleet.ledger.unanswered().length
  const back = restarted === server ? 'same process' : `ready after ${(restarted.startedInMs / 1000).toFixed(1)} s`
  const told = `${fleet.ledger.answered() - before} answered, ${unanswered} unanswered and sent again`
  console.log(`round ${String(round).padStart(3)}  ${name.padEnd(24)} ${outcome.padEnd(22)} ${back.padEnd(22)} ${told}`)
  await fleet.resend(restarted.port)
  return restarted
}

process.exitCode = await runCommand('crash', help, readSettings, main)
