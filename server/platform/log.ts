import { write, writeSync } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino'
import type { Caller } from './auth.ts'
import { instantText } from './clock.ts'
import type { LogLevel } from './config.ts'

/**
 * One JSON object a line on standard output. Bodies are never logged; the redaction catches what a careless log call
 * might add. Written in blocks unless a person watches: one system call per request would cost a tenth of the throughput.
 */
export function createLog(level: LogLevel): Logger {
  return logTo(blocksTo(1, process.stdout.isTTY ? 0 : 65_536), level)
}

/** A quiet server's lines are written after this long at the latest. */
const waitMilliseconds = 200

/** Beyond this, lines are dropped: whoever reads the log is too slow, or gone. */
const waitingMax = 1_000_000

/** Room for the line that completes a block. */
const lineBytes = 4_096

/**
 * Writes lines in blocks, without waiting. A log that cannot be written (the disk is full, the reader is dead) loses lines
 * and says so later; it must not stop the server. Pino's own destination ends the process then, and on the way out tries
 * for ever to write the rest. A line becomes bytes when it is said: strings added up for a block outlive a garbage collection
 * and are no longer in the cache when they are put together.
 */
export function blocksTo(fd: number, blockBytes: number): DestinationStream & { flush(): void } {
  let waiting: Buffer = Buffer.allocUnsafe(blockBytes + lineBytes)
  let waitingBytes = 0
  /** Emptied, for the next block. */
  let spare: Buffer = Buffer.allocUnsafe(waiting.length)
  let writing = false
  let lostBytes = 0
  let due: NodeJS.Timeout | null = null

  function lose(bytes: number): void {
    lostBytes += bytes
  }

  function add(line: string): void {
    // No character takes more than three bytes for each of its UTF-16 units.
    const bytesMax = waitingBytes + line.length * 3
    if (bytesMax > waiting.length) waiting = enlarged(waiting, waitingBytes, bytesMax)
    waitingBytes += waiting.write(line, waitingBytes)
  }

  function next(): void {
    if (writing || waitingBytes === 0) return
    if (waitingBytes >= blockBytes) start()
    else due ??= setTimeout(start, waitMilliseconds).unref()
  }

  /** What waits, which may be written over as soon as `spare` is taken a second time. */
  function take(): Buffer {
    const block = waiting.subarray(0, waitingBytes)
    const taken = waiting
    waiting = spare
    spare = taken
    waitingBytes = 0
    return block
  }

  function start(): void {
    if (due !== null) clearTimeout(due)
    due = null
    if (writing || waitingBytes === 0) return
    writing = true
    writeAll(take())
  }

  function writeAll(block: Buffer): void {
    write(fd, block, 0, block.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => writeAll(block), 50).unref()
        return
      }
      if (error === null && written < block.length) {
        writeAll(block.subarray(written))
        return
      }
      writing = false
      if (error !== null) lose(block.length)
      else if (lostBytes > 0) {
        add(`${JSON.stringify({ level: 'warn', lostBytes, msg: 'the log could not be written for a while' })}\n`)
        lostBytes = 0
      }
      next()
    })
  }

  function flush(): void {
    let block = waiting.subarray(0, waitingBytes)
    waitingBytes = 0
    try {
      while (block.length > 0) block = block.subarray(writeSync(fd, block))
    } catch {
      lose(block.length)
    }
  }

  process.once('exit', flush)
  return {
    write(line) {
      if (waitingBytes > waitingMax) lose(line.length)
      else add(line)
      next()
    },
    flush,
  }
}

function enlarged(buffer: Buffer, used: number, bytesMax: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, bytesMax))
  buffer.copy(larger, 0, 0, used)
  return larger
}

/** A request's logger, made when the first thing is said: nearly every request says nothing but the line at its end. */
export function loggerOnDemand(log: FastifyBaseLogger, requestId: string): FastifyBaseLogger {
  return new LoggerOnDemand(log, requestId) as FastifyBaseLogger
}

type Said = Parameters<LogFn>

/** A class, so that a request needs one object for it and not a function for each level. */
class LoggerOnDemand {
  readonly level: string
  readonly #log: FastifyBaseLogger
  readonly #requestId: string
  #made: FastifyBaseLogger | null = null

  constructor(log: FastifyBaseLogger, requestId: string) {
    this.level = log.level
    this.#log = log
    this.#requestId = requestId
  }

  #own(): FastifyBaseLogger {
    this.#made ??= this.#log.child({ requestId: this.#requestId })
    return this.#made
  }

  fatal(...said: Said): void {
    this.#own().fatal(...said)
  }

  error(...said: Said): void {
    this.#own().error(...said)
  }

  warn(...said: Said): void {
    this.#own().warn(...said)
  }

  info(...said: Said): void {
    this.#own().info(...said)
  }

  debug(...said: Said): void {
    this.#own().debug(...said)
  }

  trace(...said: Said): void {
    this.#own().trace(...said)
  }

  silent(): void {}

  child(...more: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#own().child(...more)
  }
}

/**
 * What is said of every request at its end; of whoever had no key, null. Nothing of it needs escapes: ids and names are the
 * server's own, and a caller's own id of a request is taken only if it is plain (`requestIdOf`).
 */
export interface RequestLine {
  readonly requestId: string
  readonly method: string
  /** The pattern and not the address: a query string may hold a person's name or number. */
  readonly route: string
  readonly status: number
  readonly milliseconds: number
  readonly caller: Caller | null
}

/**
 * Writes the line of a request where `log` writes its own, at level info. Printed here because every request has one: its
 * members are known and need no escapes, redaction or serialisers, and pino takes four times as long for it.
 */
export function requestLogOf(log: Logger): (line: RequestLine) => void {
  // Pino says in symbols what its types do not: here, where the lines go.
  const destination = (log as unknown as { [pino.symbols.streamSym]: DestinationStream })[pino.symbols.streamSym]
  return (line) => {
    if (log.isLevelEnabled('info')) destination.write(printRequest(line))
  }
}

function printRequest({ requestId, method, route, status, milliseconds, caller }: RequestLine): string {
  const who = caller === null ? '' : `,"tenantId":"${caller.tenant.id}","keyId":"${caller.keyId}"`
  const what = `"method":"${method}","route":"${route}","status":${status},"ms":${Math.round(milliseconds * 10) / 10}`
  return `{"level":"info","time":"${instantText(Date.now())}","requestId":"${requestId}",${what}${who},"msg":"request"}\n`
}

function logTo(destination: DestinationStream, level: LogLevel): Logger {
  const secret = [
    'authorization',
    'headers.authorization',
    'req.headers.authorization',
    'body',
    '*.body',
    'secret',
    '*.secret',
  ]
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${instantText(Date.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secret, censor: '[redacted]' },
    },
    destination,
  )
}
