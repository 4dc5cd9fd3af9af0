/** `npm run bench -- NAME`: each benchmark prints its figures beside those of a peer in the same run, and ends by itself. */
import { CommandError, parseCommandLine, runCommand } from '../cli/command-line.ts'
import type { BenchOptions } from './options.ts'

const help = `npm run bench -- NAME [--short] [--full] [--profile FOLDER] [--database URL]

  charges      purchases over HTTP at 64 and 256 connections, beside TPC-B on the same PostgreSQL
  latency      one purchase at a time, beside a commit of one row
  mix          authorize, capture, refund
  repayments   repayments over HTTP, beside TPC-B
  events       a follower of the event feed beside the purchases
  overload     purchases arriving at three times the rate that the server can take
  memory       the server's memory over 500,000 purchases (--full: 10 million)
  start        from the start of the process to the first request
  close-day    one ordinary day at several sizes (--full: 250,000, 500,000 and 1,000,000 loans)
  quote        a schedule of 12 with its rate beside npm packages, and over HTTP beside an empty route
  schedule, loan, rates    the calculations by themselves

  --short      half a minute at most
  --profile    writes a processor profile of the server into the folder
  --database   an empty database on a PostgreSQL of your own instead of the embedded one; TPC-B makes another beside it
               (all that go over HTTP but start)
`

type Bench = (options: BenchOptions) => Promise<unknown>

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  charges: async () => (await import('./charges.ts')).benchCharges,
  latency: async () => (await import('./latency.ts')).benchLatency,
  mix: async () => (await import('./mix.ts')).benchMix,
  repayments: async () => (await import('./mix.ts')).benchRepayments,
  events: async () => (await import('./events.ts')).benchEvents,
  overload: async () => (await import('./overload.ts')).benchOverload,
  memory: async () => (await import('./memory.ts')).benchMemory,
  start: async () => (await import('./start.ts')).benchStart,
  'close-day': async () => (await import('./close-day.ts')).benchCloseDay,
  quote: async () => (await import('./quote.ts')).benchQuote,
  schedule: async () => () => import('./schedule.ts'),
  loan: async () => () => import('./loan.ts'),
  rates: async () => () => import('./rates.ts'),
}

interface Settings extends BenchOptions {
  readonly find: () => Promise<Bench>
}

function readSettings(): Settings | null {
  const { values, positionals } = parseCommandLine({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      profile: { type: 'string' },
      database: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [name, ...rest] = positionals
  if (values.help || name === undefined) return null
  if (rest.length > 0) throw new CommandError(`One benchmark at a time, not ${rest.join(', ')} too.`)
  const names = Object.keys(benches)
  if (!names.includes(name)) throw new CommandError(`There is no benchmark "${name}"; there are ${names.join(', ')}.`)
  const { short, full, profile = null, database = null } = values
  // The value itself is not shown: it holds a password.
  if (database !== null && !(URL.canParse(database) && /^postgres(ql)?:$/.test(new URL(database).protocol))) {
    throw new CommandError('--database is not an address like postgres://user:password@127.0.0.1/empty.')
  }
  return { find: benches[name]!, short, full, profile, database }
}

async function run({ find, ...options }: Settings): Promise<number> {
  const bench = await find()
  await bench(options)
  return 0
}

process.exitCode = await runCommand('bench', help, readSettings, run)
