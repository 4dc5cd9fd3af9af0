/** What `chit replay` can be told. */
import { type Minor, parseMinor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import { CommandError, parseCommandLine, whole } from '../command-line.ts'
import type { ServerOptions } from '../http/server.ts'
import { unitOf } from './behaviour.ts'
import { mapHelp, mappedFormat, parseMap } from './mapping.ts'
import { onlineRetail } from './online-retail.ts'
import type { Format } from './orders.ts'

export const help = `chit replay FILE.csv (--map … | --preset online-retail) [options]

Replays a file of orders as purchases on credit through the HTTP API, in order of time on a sandbox clock, and reports
what came of it. The file may be gzip. Starts a server of its own with a temporary database, or uses a running one.

  --map FIELD=COLUMN,…     which column holds what: ${mapHelp}
                           for example --map customer=Buyer,amount=Total,time=Date,merchant=Shop
  --preset online-retail   the Online Retail file of the UCI repository
  --currency CODE          with --map: the currency of the amounts (CNY)
  --time-zone ZONE         with --map: where the shops are (UTC)
  --delimiter CHARACTER    between columns (,)
  --credit-limit AMOUNT    of every customer (3000.00)
  --seed N                 of the draws of plans and of repayment (1)
  --limit N                the first N orders only
  --tail-months N          months the clock goes on after the last order, at most (16)
  --speed X                at most X times as fast as life; absent: as fast as it goes
  --concurrency N          requests at the same time (32)
  --report FILE.md         writes the report as Markdown too
  --url URL --key KEY      a running server and a sandbox key of it (CHIT_KEY, or .chit/demo.json)
  --home FOLDER            keeps the database of the started server there, to look at with CHIT_HOME=FOLDER npm start

Exit code 0: replayed, and the audit holds. 1: the audit fails or the run broke off. 2: wrong options.
`

export interface ReplayOptions extends ServerOptions {
  readonly file: string
  readonly format: Format
  readonly delimiter: string
  readonly creditLimit: Minor
  readonly seed: number
  readonly limit: number
  readonly tailMonths: number
  readonly speed: number | null
  readonly concurrency: number
  readonly report: string | undefined
}

const flags = {
  map: { type: 'string' },
  preset: { type: 'string' },
  currency: { type: 'string' },
  'time-zone': { type: 'string' },
  delimiter: { type: 'string' },
  'credit-limit': { type: 'string' },
  seed: { type: 'string' },
  limit: { type: 'string' },
  'tail-months': { type: 'string' },
  speed: { type: 'string' },
  concurrency: { type: 'string' },
  report: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  home: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = ReturnType<typeof parseFlags>['values']

function parseFlags(args: string[]) {
  return parseCommandLine({ args, options: flags, allowPositionals: true }, 'See chit replay --help.')
}

/** Null: help was asked for. Throws `CommandError` in words. */
export function readOptions(args: string[]): ReplayOptions | null {
  const { values, positionals } = parseFlags(args)
  if (values.help) return null
  const [file, ...rest] = positionals
  if (file === undefined) throw new CommandError('Which file? chit replay FILE.csv, see chit replay --help.')
  if (rest.length > 0) throw new CommandError(`One file at a time, not ${rest.join(', ')} too.`)
  const format = formatOf(values)
  return {
    file,
    format,
    delimiter: delimiterOf(values.delimiter),
    creditLimit: creditLimitOf(values['credit-limit'], format.currency),
    seed: whole('--seed', values.seed, 0, 1),
    limit: whole('--limit', values.limit, 1, Number.POSITIVE_INFINITY),
    tailMonths: whole('--tail-months', values['tail-months'], 0, 16),
    speed: values.speed === undefined ? null : whole('--speed', values.speed, 1, 1),
    concurrency: whole('--concurrency', values.concurrency, 1, 32),
    report: values.report,
    url: values.url,
    key: values.key,
    home: values.home,
  }
}

function formatOf(values: Values): Format {
  if (values.preset !== undefined) {
    if (values.preset !== 'online-retail')
      throw new CommandError(`There is no preset "${values.preset}"; there is online-retail.`)
    for (const name of ['map', 'currency', 'time-zone'] as const) {
      if (values[name] !== undefined) throw new CommandError(`--${name} does not go with --preset, which sets it.`)
    }
    return onlineRetail
  }
  if (values.map === undefined) {
    throw new CommandError(`Which columns? --map customer=…,amount=…,time=… (${mapHelp}), or --preset online-retail.`)
  }
  return inWords('--currency', () =>
    mappedFormat(parseMap(values.map!), values.currency ?? 'CNY', timeZoneOf(values['time-zone'])),
  )
}

function timeZoneOf(zone = 'UTC'): string {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId
  } catch {
    throw new CommandError(`--time-zone "${zone}" is not a zone like Europe/London.`)
  }
}

function delimiterOf(text = ','): string {
  const character = text === '\\t' || text === 'tab' ? '\t' : text
  if (character.length !== 1) throw new CommandError(`--delimiter "${text}" is not one character (or tab).`)
  return character
}

function creditLimitOf(text: string | undefined, currency: string): Minor {
  if (text === undefined) return 3_000n * unitOf(currency)
  const limit = inWords('--credit-limit', () => parseMinor(text, currency))
  if (limit <= 0n) throw new CommandError('--credit-limit must be more than nothing.')
  return limit
}

function inWords<Result>(option: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw error instanceof Problem ? new CommandError(`${option}: ${error.message}.`) : error
  }
}
