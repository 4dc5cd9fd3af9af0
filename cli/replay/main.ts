/** `chit replay`: a file of orders through the HTTP API, and a report of what came of it. */
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { CommandError } from '../command-line.ts'
import { ApiProblem, Unreachable } from '../http/client.ts'
import { count } from '../http/money.ts'
import { withServer } from '../http/server.ts'
import { loadOrders } from './load.ts'
import { help, type ReplayOptions, readOptions } from './options.ts'
import type { OrderFile } from './orders.ts'
import { createProgress } from './progress.ts'
import { asMarkdown, asText, type ReportSubject, sectionsOf } from './report.ts'
import { replay } from './run.ts'

export async function runReplayCommand(args: string[]): Promise<number> {
  let options: ReplayOptions | null
  try {
    options = readOptions(args)
  } catch (error) {
    return failed(error, 2)
  }
  if (options === null) {
    process.stdout.write(help)
    return 0
  }
  try {
    return await run(options, args)
  } catch (error) {
    return failed(error, 1)
  }
}

function failed(error: unknown, code: number): number {
  const isPlain = error instanceof CommandError || error instanceof ApiProblem || error instanceof Unreachable
  console.error(isPlain ? `chit replay: ${error.message}` : error)
  return code
}

async function run(options: ReplayOptions, args: readonly string[]): Promise<number> {
  const { file, format } = options
  const read = shortened(await loadOrders(file, format, options.delimiter), options.limit)
  console.error(
    `${file}: ${count(read.rows)} rows, ${count(read.orders.length)} orders and refunds, ${count(read.malformed.length)} malformed rows.`,
  )
  if (read.orders.length === 0) throw new CommandError(`${file} has no order that could be replayed.`)
  const plan = {
    ...options,
    orders: read.orders,
    currency: format.currency,
    timeZone: format.timeZone,
    limit: options.creditLimit,
  }
  const progress = createProgress()
  const replayed = await withServer(options, (server) => replay(server, plan, progress)).finally(() => progress.stop())
  const subject = {
    file,
    command: commandOf(args),
    currency: format.currency,
    rules: format.rules,
    seed: options.seed,
    limit: options.creditLimit,
    read,
    replayed,
  }
  publish(subject, options.report)
  return replayed.audit.ok && replayed.trialBalance.totals.every((total) => total.balanced) ? 0 : 1
}

/** As typed, without the key: reports are passed around. */
function commandOf(args: readonly string[]): string {
  const shown = args.map((arg, index) => {
    if (args[index - 1] === '--key') return '…'
    return arg.replace(/^--key=.*/, '--key=…')
  })
  return ['npx chit replay', ...shown].join(' ')
}

/** The first orders in order of time; the counts of the file stay those of the file. */
function shortened(read: OrderFile, limit: number): OrderFile {
  return read.orders.length <= limit ? read : { ...read, orders: read.orders.slice(0, limit) }
}

function publish(subject: ReportSubject, markdownFile: string | undefined): void {
  const title = `Replay of ${basename(subject.file)}`
  const sections = sectionsOf(subject)
  process.stdout.write(`\n${asText(title, sections)}`)
  if (markdownFile === undefined) return
  writeFileSync(markdownFile, asMarkdown(title, sections))
  console.error(`The report is in ${markdownFile}.`)
}
