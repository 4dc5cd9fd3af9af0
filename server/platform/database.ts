/**
 * PostgreSQL as Chit uses it: templates of SQL over the driver's pool. How values travel is in wire.ts, what goes wrong in
 * outage.ts.
 *
 * Every query settles, whatever happens to its connection: with rows, with what PostgreSQL refused, or with an error that
 * `isOutage` recognises. Nobody waits for ever, because each wait has a bound: 5 s to connect, 10 s for a free connection,
 * and for an answer 10 s (look-ups, commits) or 10 minutes (`readings`). PostgreSQL itself ends a statement that takes so
 * long, and its effect with it; if not even that is heard within 2 s more, the connection is destroyed and what became of
 * the statement is unknown.
 */
import type { Answer } from './connection.ts'
import { type Connections, type HeldConnection, openConnections, queueSeconds } from './connections.ts'
import { createShares, type Shares } from './shares.ts'
import { Fragment, Names, type Part, type Statement, statementOf } from './sql.ts'
import { typed } from './wire.ts'

export { ConnectionError, isConnectionError, isOutage, isUniqueViolation } from './outage.ts'

// biome-ignore lint/suspicious/noExplicitAny: a query that does not say what it reads is checked by whoever reads it
type Row = Record<string, any>

/** Where it makes no difference whether a query runs alone or in a transaction. */
export interface Queryable {
  /** Runs once it is awaited; inside another template it is a piece of that one. */
  <Rows extends readonly object[] = Row[]>(strings: TemplateStringsArray, ...parts: Part[]): Query<Rows>
  /** Quoted names: of a table, or of columns with commas between them. camelCase becomes snake_case. */
  (names: string | readonly string[]): Names
  /** Text as it is, several statements too; the last one answers. */
  unsafe<Rows extends readonly object[] = Row[]>(text: string): Query<Rows>
  readonly typed: typeof typed
}

/** What `db.begin` gives: every query on it runs in the one transaction. */
export type Transaction = Queryable

/** A connection of one's own, for what belongs to a session; it counts for none of the pool. */
export interface ReservedConnection extends Queryable {
  release(): void
}

export interface Database extends Queryable {
  /** Commits what `work` did, or nothing of it if that throws. `mode`: what stands after `begin`. */
  begin<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>
  begin<Result>(mode: string, work: (transaction: Transaction) => Promise<Result>): Promise<Result>
  reserve(): Promise<ReservedConnection>
  /** Waits for the queries under way, no longer than `timeout` seconds, and closes all connections. */
  end(options?: { timeout?: number }): Promise<void>
  /** The same over connections of their own, half as many: for what may take minutes, so that no purchase waits behind it. */
  readonly readings: Database
  /**
   * The readings of one owner, who has no more than half of their connections at a time: its further ones wait for those, so
   * that no number of them keeps others from reading. All owners together leave one connection for `readings` themselves.
   */
  readingsOf(owner: string): Database
}

/** Rows, and how many were given or changed. */
export type Result<Rows> = Rows & { readonly count: number }

type Ask = (statement: Statement, prepared: boolean) => Promise<Answer>

/** A template that runs when somebody waits for it, once. */
export class Query<Rows> extends Fragment implements Promise<Result<Rows>> {
  readonly [Symbol.toStringTag] = 'Query'
  readonly #ask: Ask
  readonly #prepared: boolean
  #answer: Promise<Result<Rows>> | null = null

  constructor(strings: readonly string[], parts: readonly Part[], ask: Ask, prepared: boolean) {
    super(strings, parts)
    this.#ask = ask
    this.#prepared = prepared
  }

  async #run(): Promise<Result<Rows>> {
    const { rows, count } = await this.#ask(statementOf(this), this.#prepared)
    // That rows are what the template says they are, only its writer knows.
    return Object.defineProperty(rows, 'count', { value: count }) as unknown as Result<Rows>
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a template is how it is run
  then<Done = Result<Rows>, Failed = never>(
    done?: ((rows: Result<Rows>) => Done | PromiseLike<Done>) | null,
    failed?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    this.#answer ??= this.#run()
    return this.#answer.then(done, failed)
  }

  catch<Failed = never>(
    failed?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Result<Rows> | Failed> {
    return this.then(null, failed)
  }

  finally(work?: (() => void) | null): Promise<Result<Rows>> {
    return this.then().finally(work)
  }
}

function queryable(ask: Ask): Queryable {
  function query(first: TemplateStringsArray | string | readonly string[], ...parts: Part[]): Query<never> | Names {
    const isTemplate = typeof first === 'object' && 'raw' in first
    return isTemplate ? new Query(first, parts, ask, true) : new Names(first)
  }
  return Object.assign(query as Queryable, {
    unsafe: (text: string) => new Query<never>([text], [], ask, false),
    typed,
  })
}

export interface DatabaseOptions {
  /** Connections for queries and transactions. Readings have half as many more, and each reserved one is one more. */
  max?: number
  applicationName?: string
  /** Give up connecting after this many seconds. */
  connectSeconds?: number
  /** A query may take so long; null: any time, for tools that somebody watches. Readings: 10 minutes. */
  answerSeconds?: number | null
  /** Never replaces its connections; for one that holds a lock. By default they are renewed every three quarters of an hour. */
  forever?: boolean
}

const readingSeconds = 600

/** Connects lazily: the first query reports an unreachable server. `await db.end()` closes it. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { max = 10, applicationName = 'chit', connectSeconds = 5, answerSeconds = 10, forever = false } = options
  const order = { max, applicationName, connectSeconds, answerSeconds, forever }
  const quick = openConnections(url, order)
  const slowMax = Math.ceil(max / 2)
  const slow = openConnections(url, {
    ...order,
    max: slowMax,
    answerSeconds: answerSeconds === null ? null : readingSeconds,
  })
  const reserved = openConnections(url, order)

  const patienceSeconds = answerSeconds === null ? null : queueSeconds
  const shares = createShares({ most: Math.max(Math.min(Math.ceil(slowMax / 2), slowMax - 2), 1), patienceSeconds })
  const ofOwners = sharing(slow, createShares({ most: Math.max(slowMax - 1, 1), patienceSeconds }), 'all owners')

  const end: Database['end'] = async ({ timeout } = {}) => {
    await Promise.all([quick, slow, reserved].map((some) => some.end(timeout)))
  }
  const over = (connections: Asking) =>
    Object.assign(queryable(connections.ask), parts(connections, reserved), { end, readingsOf })
  const withItself = (database: ReturnType<typeof over>): Database => {
    const whole = Object.assign(database, { readings: null as never })
    return Object.assign(whole, { readings: whole })
  }
  function readingsOf(owner: string): Database {
    return withItself(over(sharing(ofOwners, shares, owner)))
  }
  return Object.assign(over(quick), { readings: withItself(over(slow)) })
}

/** Connections as queries and transactions need them. */
type Asking = Pick<Connections, 'ask' | 'hold'>

/** The same for one owner, who has no more than its share of them. */
function sharing(connections: Asking, shares: Shares, owner: string): Asking {
  return {
    ask: (statement, prepared) => shares.within(owner, () => connections.ask(statement, prepared)),
    hold: async () => {
      await shares.take(owner)
      try {
        const connection = await connections.hold()
        const release = () => {
          connection.release()
          shares.giveBack(owner)
        }
        return { ...connection, release }
      } catch (error) {
        shares.giveBack(owner)
        throw error
      }
    },
  }
}

type Work<Done> = (transaction: Transaction) => Promise<Done>

function parts(connections: Asking, reserved: Asking): Pick<Database, 'begin' | 'reserve'> {
  return {
    begin: async <Done>(first: string | Work<Done>, second?: Work<Done>): Promise<Done> => {
      const [mode, work] = typeof first === 'string' ? [first, second!] : ['', first]
      const connection = await connections.hold()
      try {
        return await transact(connection, mode, work)
      } finally {
        connection.release()
      }
    },
    reserve: async () => {
      const connection = await reserved.hold()
      return Object.assign(queryable(connection.ask), { release: connection.release })
    },
  }
}

async function transact<Done>(connection: HeldConnection, mode: string, work: Work<Done>): Promise<Done> {
  const say = (text: string) => connection.ask({ text, values: [] }, false)
  await say(`begin ${mode}`)
  try {
    const done = await work(queryable(connection.ask))
    const { command } = await say('commit')
    // What PostgreSQL answers where a statement failed and `work` thought nothing of it.
    if (command !== 'COMMIT') throw new Error('a transaction went on after one of its statements had failed')
    return done
  } catch (error) {
    if (!connection.isBroken()) await say('rollback').catch(() => {})
    throw error
  }
}
