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
export interface Wire {
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

function wireOf(connection: pg.Connection): Wire {
  // Its types leave out where it notes the statements that PostgreSQL knows.
  return connection as unknown as Wire
}

interface Column {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/** Whoever waits for the answer. */
export interface Asker<Answered = Answer> {
  resolve(answered: Answered): void
  reject(error: unknown): void
}

/** Methods named `handle…` are called by the driver, for each message that belongs to this statement. */
export class Question implements pg.Submittable {
  readonly text: string
  /** Under which PostgreSQL keeps its plan. */
  readonly name: string | undefined
  readonly #values: readonly SentValue[]
  readonly #asker: Asker
  #columns: readonly Column[] = []
  #rows: Record<string, unknown>[] = []
  #answer: Answer | null = null
  #unreadable: unknown = null

  constructor({ text, values }: Statement, name: string | undefined, asker: Asker) {
    this.text = text
    this.name = name
    this.#values = values
    this.#asker = asker
  }

  submit(connection: pg.Connection): void {
    const wire = wireOf(connection)
    try {
      // Several statements in one text are sent by the simple protocol only.
      if (this.name === undefined && this.#values.length === 0) wire.query(this.text)
      else this.#sendExtended(wire)
    } catch (error) {
      this.#asker.reject(error)
    }
  }

  /** All messages in one write. */
  #sendExtended(wire: Wire): void {
    wire.stream.cork()
    try {
      this.send(wire)
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
  }

  /** Everything but the end of what is sent together. */
  send(wire: Wire): void {
    if (!this.#isKnownTo(wire)) this.#sendText(wire)
    wire.bind({ statement: this.name, values: this.#values })
    wire.describe({ type: 'P', name: '' })
    wire.execute({ portal: '' })
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

/**
 * Several look-ups in one write, answered in one: for PostgreSQL and for the server a third of the system calls of three. They
 * are one transaction, so one that is refused takes the others with it; whoever asks sends them again one by one.
 */
export class Round implements pg.Submittable {
  readonly #questions: readonly Question[]
  #answered = 0

  constructor(questions: readonly Question[]) {
    this.#questions = questions
  }

  get #now(): Question | undefined {
    return this.#questions[this.#answered]
  }

  /** The driver notes under these which statement PostgreSQL has just parsed, or refused. */
  get name(): string | undefined {
    return this.#now?.name
  }

  get text(): string | undefined {
    return this.#now?.text
  }

  submit(connection: pg.Connection): void {
    const wire = wireOf(connection)
    wire.stream.cork()
    try {
      for (const question of this.#questions) question.send(wire)
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
  }

  handleRowDescription(description: Parameters<Question['handleRowDescription']>[0]): void {
    this.#now?.handleRowDescription(description)
  }

  handleDataRow(row: Parameters<Question['handleDataRow']>[0]): void {
    this.#now?.handleDataRow(row)
  }

  handleCommandComplete(command: { text: string }): void {
    this.#now?.handleCommandComplete(command)
    this.#answered++
  }

  handleReadyForQuery(): void {
    for (const question of this.#questions) question.handleReadyForQuery()
  }

  handleError(error: Error, connection: pg.Connection): void {
    // PostgreSQL passed over what came after it, texts to be kept as well.
    const submitted = wireOf(connection).submittedNamedStatements
    for (const { name } of this.#questions.slice(this.#answered)) {
      if (name !== undefined) delete submitted[name]
    }
    for (const question of this.#questions) question.handleError(error)
  }

  handleEmptyQuery(): void {}

  handleCopyInResponse(): void {}

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
