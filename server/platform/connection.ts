import { Socket } from 'node:net'
import pg from 'pg'
import { ConnectionError } from './outage.ts'
import { camelName, type Statement } from './sql.ts'

export interface Answer {
  /** Objects with camelCase names. */
  readonly rows: Record<string, unknown>[]
  /** Rows given or changed. */
  readonly count: number
  /** The word PostgreSQL answered with: SELECT, COMMIT, ROLLBACK, … */
  readonly command: string
}

/**
 * A connection of the driver whose socket is at hand: after an answer that did not come it is the only part that can still
 * be ended for certain. Its errors reach whoever waits for an answer; without a listener Node would end the process.
 */
export class Connection extends pg.Client {
  readonly socket: Socket
  /** It may not be used again. */
  isBroken = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(config: pg.ClientConfig = {}) {
    const socket = new Socket()
    super({ ...config, stream: () => socket })
    this.socket = socket
    this.on('error', () => {
      this.isBroken = true
    })
  }

  /** Ends it at once, whatever it waits for; that is told so. */
  destroy(): void {
    this.isBroken = true
    this.socket.destroy()
  }

  /**
   * One statement after the other. Rejects after `seconds` without an answer (null: waits for ever), and then, as after any
   * error that is not PostgreSQL's own, the connection is destroyed.
   */
  ask(statement: Statement, name: string | undefined, seconds: number | null): Promise<Answer> {
    const answer = this.#turn.then(() => this.#send(statement, name, seconds))
    this.#turn = answer.catch(() => {})
    return answer
  }

  #send({ text, values }: Statement, name: string | undefined, seconds: number | null): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        if (!isRefusal(error)) this.destroy()
        reject(explained(error))
      }
      const late = () => fail(new ConnectionError('ETIMEDOUT', `the database did not answer within ${seconds} s`))
      const timer = seconds === null ? undefined : setTimeout(late, seconds * 1_000)
      // Not `values` for a bare text: several statements in one text are sent by the simple protocol only.
      const query = name === undefined && values.length === 0 ? { text } : { text, name, values: [...values] }
      this.query({ ...query, rowMode: 'array' }, (error: Error | null, result: pg.QueryArrayResult) => {
        clearTimeout(timer)
        if (error) fail(error)
        else resolve(answerOf(result))
      })
    })
  }
}

/** PostgreSQL refused the statement and the connection is as good as before; after its FATAL and PANIC it closes. */
function isRefusal(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}

/** The driver's own words for a lost connection have no code. */
export function explained(error: unknown): unknown {
  if (error instanceof pg.DatabaseError || error instanceof ConnectionError) return error
  if (!(error instanceof Error) || error instanceof SyntaxError || error instanceof TypeError) return error
  const own = /time/.test(error.message) ? 'ETIMEDOUT' : 'CONNECTION_CLOSED'
  return new ConnectionError('code' in error ? String(error.code) : own, error.message, error)
}

function answerOf(result: pg.QueryArrayResult): Answer {
  // Of several statements in one text the last one answers.
  const last = Array.isArray(result) ? (result.at(-1) as pg.QueryArrayResult) : result
  const names = last.fields.map((field) => camelName(field.name))
  const rows = last.rows.map((values) => rowOf(names, values))
  return { rows, count: last.rowCount ?? 0, command: last.command }
}

function rowOf(names: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < names.length; index++) row[names[index]!] = values[index]
  return row
}
