import { Socket } from 'node:net'
import pg from 'pg'
import { ConnectionError } from './outage.ts'
import { type Answer, type KnownColumns, Question } from './question.ts'
import type { Statement } from './sql.ts'

export type { Answer }

/**
 * A connection of the driver whose socket is at hand: after an answer that did not come it is the only part that can still
 * be ended for certain. Its errors reach whoever waits for an answer; without a listener Node would end the process.
 */
export class Connection extends pg.Client {
  readonly socket: Socket
  /** It may not be used again. */
  isBroken = false
  readonly #knownColumns: KnownColumns = new Map()
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

  #send(statement: Statement, name: string | undefined, seconds: number | null): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        clearTimeout(timer)
        if (!isRefusal(error)) this.destroy()
        reject(explained(error))
      }
      const late = () => fail(new ConnectionError('ETIMEDOUT', `the database did not answer within ${seconds} s`))
      const timer = seconds === null ? undefined : setTimeout(late, seconds * 1_000)
      const answered = (answer: Answer) => {
        clearTimeout(timer)
        resolve(answer)
      }
      this.query(new Question(statement, name, this.#knownColumns, { resolve: answered, reject: fail }))
    })
  }
}

/** PostgreSQL refused the statement and the connection is as good as before; after its FATAL and PANIC it closes. */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}

/** The driver's own words for a lost connection have no code. */
export function explained(error: unknown): unknown {
  if (error instanceof pg.DatabaseError || error instanceof ConnectionError) return error
  if (!(error instanceof Error) || error instanceof SyntaxError || error instanceof TypeError) return error
  const own = /time/.test(error.message) ? 'ETIMEDOUT' : 'CONNECTION_CLOSED'
  return new ConnectionError('code' in error ? String(error.code) : own, error.message, error)
}
