/**
 * The driver's pool, with what it lacks: whoever waits for a connection is told when none can be had, and so is everyone at
 * the end, which has a bound.
 */
import pg from 'pg'
import { type Answer, Connection, explained } from './connection.ts'
import { ConnectionError } from './outage.ts'
import type { Statement } from './sql.ts'
import { parserOf } from './wire.ts'

export interface ConnectionOptions {
  /** Connections at most. */
  readonly max: number
  readonly applicationName: string
  /** Give up connecting after this many seconds: name, socket, TLS and password together. */
  readonly connectSeconds: number
  /** A statement may take so long; null: as long as it likes. */
  readonly answerSeconds: number | null
  /** Never renews its connections. */
  readonly forever: boolean
}

export interface Connections {
  /** Runs one statement on whichever connection is free. `prepared`: PostgreSQL keeps its plan under a name. */
  ask(statement: Statement, prepared: boolean): Promise<Answer>
  /** A connection of one's own until `release`. */
  hold(): Promise<HeldConnection>
  /** Refuses new statements, waits for those under way, but not longer than `seconds`, and closes all connections. */
  end(seconds?: number): Promise<void>
}

export interface HeldConnection {
  ask(statement: Statement, prepared: boolean): Promise<Answer>
  isBroken(): boolean
  release(): void
}

/** So much longer than PostgreSQL itself, which says what became of the statement, the server waits for an answer. */
const answerGraceSeconds = 2
/** A free connection is waited for so long. */
export const queueSeconds = 10
const renewSeconds = 45 * 60
/** After a refused connection nobody tries for so long. */
const pauseMilliseconds = 100
const goodbyeMilliseconds = 1_000

type PooledConnection = Connection & pg.PoolClient

export function openConnections(url: string, options: ConnectionOptions): Connections {
  const { answerSeconds } = options
  const patience = answerSeconds === null ? null : answerSeconds + answerGraceSeconds
  /** Those still connecting too: at the end none may be left. */
  const open = new Set<Connection>()
  const pool = new pg.Pool(poolOptions(url, options, open))
  // Of idle connections that die. The pool has taken them out by then.
  pool.on('error', () => {})
  /** In use, or being connected for somebody; never more than `max`, so that the pool's own queue stays empty. */
  let inUse = 0
  const queue: (() => void)[] = []
  /** Of everyone who has no connection yet. */
  const waiting = new Set<(error: Error) => void>()
  let whenNoneInUse = () => {}
  let refused = { until: 0, error: null as unknown }
  let ended: Promise<void> | null = null

  /** Else each request would try to connect by itself, and an overrun PostgreSQL have all those to refuse as well. */
  const isPaused = () => performance.now() < refused.until && pool.idleCount === 0

  async function take(): Promise<PooledConnection> {
    if (ended !== null) throw atTheEnd()
    if (inUse >= options.max || (inUse > 0 && isPaused())) await turn()
    else inUse++
    try {
      if (isPaused()) throw refused.error
      return await connected()
    } catch (error) {
      leave()
      throw explained(error)
    }
  }

  /** Resolves when somebody leaves, whose place is taken over. */
  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        waiting.delete(refuse)
      }
      const next = () => {
        stop()
        resolve()
      }
      const refuse = (error: Error) => {
        stop()
        queue.splice(queue.indexOf(next), 1)
        reject(error)
      }
      const late = () => refuse(new ConnectionError('ETIMEDOUT', `no connection became free within ${queueSeconds} s`))
      const timer = answerSeconds === null ? undefined : setTimeout(late, queueSeconds * 1_000)
      queue.push(next)
      waiting.add(refuse)
    })
  }

  function connected(): Promise<PooledConnection> {
    return new Promise((resolve, reject) => {
      waiting.add(reject)
      pool.connect((error, client) => {
        const isAwaited = waiting.delete(reject)
        if (client instanceof Connection && isAwaited) return resolve(client)
        client?.release(true)
        if (error) refused = { until: performance.now() + pauseMilliseconds, error: explained(error) }
        reject(error)
      })
    })
  }

  function giveBack(connection: PooledConnection): void {
    connection.release(connection.isBroken)
    leave()
  }

  function leave(): void {
    const next = queue.shift()
    if (next !== undefined) next()
    else if (--inUse === 0) whenNoneInUse()
  }

  async function ask(statement: Statement, name: string | undefined): Promise<Answer> {
    const connection = await take()
    try {
      return await connection.ask(statement, name, patience)
    } finally {
      giveBack(connection)
    }
  }

  async function hold(): Promise<HeldConnection> {
    const connection = await take()
    let isReleased = false
    return {
      ask: (statement, prepared) => connection.ask(statement, nameOf(statement, prepared), patience),
      isBroken: () => connection.isBroken,
      release: () => {
        if (!isReleased) giveBack(connection)
        isReleased = true
      },
    }
  }

  function destroyAll(): void {
    for (const connection of open) connection.destroy()
  }

  async function close(seconds: number | undefined): Promise<void> {
    if (inUse > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      whenNoneInUse = resolve
      const timer = seconds === undefined ? undefined : setTimeout(resolve, seconds * 1_000)
      await promise
      clearTimeout(timer)
    }
    const gone = Promise.all([...open].map((connection) => new Promise<void>((end) => connection.once('end', end))))
    // Says goodbye on those that are idle; of the others none will ever come back.
    void pool.end()
    for (const reject of waiting) reject(atTheEnd())
    if (inUse > 0) destroyAll()
    const late = setTimeout(destroyAll, goodbyeMilliseconds)
    await gone
    clearTimeout(late)
  }

  return {
    ask: (statement, prepared) =>
      ask(statement, nameOf(statement, prepared)).catch((error) => {
        if (!isStalePlan(error)) throw error
        names.clear()
        return ask(statement, nameOf(statement, prepared))
      }),
    hold,
    end: (seconds) => {
      ended ??= close(seconds)
      return ended
    },
  }
}

function atTheEnd(): ConnectionError {
  return new ConnectionError('CONNECTION_ENDED', 'the connections to the database were closed')
}

function poolOptions(url: string, options: ConnectionOptions, open: Set<Connection>): pg.PoolConfig {
  const { max, applicationName, answerSeconds, connectSeconds, forever } = options
  class Opened extends Connection {
    constructor(config?: pg.ClientConfig) {
      super({ ...config, connectionTimeoutMillis: connectSeconds * 1_000 })
      open.add(this)
      this.once('end', () => open.delete(this))
    }
  }
  const address = new URL(url)
  // What `sslmode` says in PostgreSQL's own manual; the driver alone would take `require` for `verify-full`.
  address.searchParams.set('uselibpqcompat', 'true')
  const milliseconds = (answerSeconds ?? 0) * 1_000
  const settings = {
    ...formats,
    statement_timeout: milliseconds,
    // A server that stands still or is cut off in the middle of a transaction would keep others from what that has locked.
    idle_in_transaction_session_timeout: milliseconds / 2,
    ...keepalives,
  }
  const given = address.searchParams.get('options') ?? ''
  const own = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  address.searchParams.set('options', [given, ...own].join(' ').trim())
  return {
    connectionString: address.href,
    Client: Opened,
    max,
    application_name: applicationName,
    // Idle ones stay open, with their prepared statements.
    idleTimeoutMillis: 0,
    maxLifetimeSeconds: forever ? 0 : renewSeconds,
    keepAlive: true,
    keepAliveInitialDelayMillis: 60_000,
    types: { getTypeParser: parserOf as pg.CustomTypesConfig['getTypeParser'] },
  }
}

/** Pinned, because values are read as PostgreSQL's text formats have them, which a server's settings may change. */
const formats = { TimeZone: 'UTC', DateStyle: 'ISO', extra_float_digits: 3, bytea_output: 'hex' }

/**
 * In seconds, but for the count. An idle connection whose server is gone without a word keeps the locks of its session, which nobody
 * else can take: by the system's own settings for two hours, so for one minute. Over a Unix socket PostgreSQL takes no notice.
 */
const keepalives = { tcp_keepalives_idle: 30, tcp_keepalives_interval: 10, tcp_keepalives_count: 3 }

const names = new Map<string, string>()
let named = 0

/**
 * A statement that comes again is parsed and planned once for each connection. Bounded, because PostgreSQL keeps them all: a
 * thousand texts are more than Chit has.
 */
function nameOf({ text }: Statement, prepared: boolean): string | undefined {
  if (!prepared) return undefined
  const known = names.get(text)
  if (known !== undefined || names.size >= 1_000) return known
  const name = `s${++named}`
  names.set(text, name)
  return name
}

/** A table was altered, or a pooler in between forgot the statement: nothing was run, and under a new name it will be. */
function isStalePlan(error: unknown): boolean {
  const { routine } = error instanceof pg.DatabaseError ? error : {}
  return routine === 'RevalidateCachedQuery' || routine === 'FetchPreparedStatement'
}
