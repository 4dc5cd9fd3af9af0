/**
 * A statement on its way, in the form in which the driver takes those of others (`Submittable`; pg-cursor comes the same way).
 * The driver's own makes for each statement an emitter, copies of what is asked and two descriptions of every column, and
 * then rows that would be made once more with camelCase names.
 */
import type pg from 'pg'
import { camelName, type SentValue, type Statement } from './sql.ts'
import { parserOf } from './wire.ts'

export interface Answer {
  /** Objects with camelCase names. */
  readonly rows: Record<string, unknown>[]
  /** Rows given or changed. */
  readonly count: number
  /** The word PostgreSQL answered with: SELECT, COMMIT, ROLLBACK, … */
  readonly command: string
}

/** What the driver's connection understands, by the messages of PostgreSQL's protocol. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  /** Texts of the statements that PostgreSQL knows, or will when it comes to them, by name. */
  readonly parsedStatements: Record<string, string | undefined>
  readonly submittedNamedStatements: Record<string, string | undefined>
  query(text: string): void
  parse(statement: { text: string; name: string | undefined }): void
  bind(portal: { statement: string | undefined; values: readonly SentValue[] }): void
  describe(portal: { type: 'P'; name: '' }): void
  execute(portal: { portal: '' }): void
  sync(): void
  sendCopyFail(reason: string): void
}

interface Column {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/** Columns of the answers to a connection's kept statements, by their names. */
export type KnownColumns = Map<string, readonly Column[]>

/** Whoever waits for the answer. */
interface Asker {
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** Methods named `handle…` are called by the driver, for each message that belongs to this statement. */
export class Question implements pg.Submittable {
  readonly text: string
  /** Under which PostgreSQL keeps its plan. */
  readonly name: string | undefined
  readonly #values: readonly SentValue[]
  readonly #knownColumns: KnownColumns
  readonly #asker: Asker
  #columns: readonly Column[] = []
  #rows: Record<string, unknown>[] = []
  #answer: Answer | null = null
  #unreadable: unknown = null

  constructor({ text, values }: Statement, name: string | undefined, knownColumns: KnownColumns, asker: Asker) {
    this.text = text
    this.name = name
    this.#values = values
    this.#knownColumns = knownColumns
    this.#asker = asker
  }

  submit(connection: pg.Connection): void {
    // Its types leave out where it notes the statements that PostgreSQL knows.
    const wire = connection as unknown as Wire
    try {
      // Several statements in one text are sent by the simple protocol only.
      if (this.name === undefined && this.#values.length === 0) wire.query(this.text)
      else this.#sendExtended(wire)
    } catch (error) {
      this.#asker.reject(error)
    }
  }

  /**
   * All messages in one write. What columns a kept statement answers with is asked once: PostgreSQL refuses it, and a new one takes
   * its place, when a table was altered so that they are others (`isStalePlan`).
   */
  #sendExtended(wire: Wire): void {
    const { name } = this
    wire.stream.cork()
    try {
      if (!this.#isKnownTo(wire)) this.#sendText(wire)
      wire.bind({ statement: name, values: this.#values })
      const columns = name === undefined ? undefined : this.#knownColumns.get(name)
      if (columns === undefined) wire.describe({ type: 'P', name: '' })
      else this.#columns = columns
      wire.execute({ portal: '' })
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
  }

  #isKnownTo({ parsedStatements, submittedNamedStatements }: Wire): boolean {
    const { name } = this
    return name !== undefined && (parsedStatements[name] ?? submittedNamedStatements[name]) !== undefined
  }

  #sendText(wire: Wire): void {
    const { text, name } = this
    wire.parse({ text, name })
    if (name !== undefined) wire.submittedNamedStatements[name] = text
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name: camelName(name), parse: parserOf(dataTypeID) }))
    if (this.name !== undefined) this.#knownColumns.set(this.name, this.#columns)
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (this.#unreadable !== null) return
    try {
      this.#rows.push(rowOf(this.#columns, fields))
    } catch (error) {
      this.#unreadable = error
    }
  }

  /** Of several statements in one text the last one answers. */
  handleCommandComplete({ text }: { text: string }): void {
    this.#answer = { rows: this.#rows, count: countIn(text), command: text.split(' ', 1)[0]! }
    this.#rows = []
    this.#columns = []
  }

  handleEmptyQuery(): void {}

  handleReadyForQuery(): void {
    if (this.#unreadable === null) this.#asker.resolve(this.#answer ?? { rows: [], count: 0, command: '' })
    else this.#asker.reject(this.#unreadable)
  }

  handleError(error: Error): void {
    this.#asker.reject(error)
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('nothing to copy is sent this way')
  }

  handleCopyData(): void {}
}

/** 3 of `INSERT 0 3` and of `SELECT 3`; 0 of `COMMIT`. */
function countIn(tag: string): number {
  const count = Number(tag.slice(tag.lastIndexOf(' ') + 1))
  return Number.isNaN(count) ? 0 : count
}

function rowOf(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) {
    const { name, parse } = columns[index]!
    const text = fields[index]!
    row[name] = text === null ? null : parse(text)
  }
  return row
}
