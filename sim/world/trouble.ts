/**
 * Trouble between the server and its database, made to order. It is bound to the request (its idempotency key) or the
 * tenant that shall meet it: worlds share connections and commits, and one world's trouble must not be another's.
 */
import { ConnectionError, type Database } from '../../server/platform/database.ts'
import { BinaryValue } from '../../server/platform/wire.ts'

export type Ill =
  /** The database can't be reached: nothing was written. */
  | 'refused'
  /** It was written, but the connection broke before the answer. */
  | 'cut'
  /** It was written, but too late for who waited. */
  | 'late'

export interface Trouble {
  /** The next commit whose operations carry this key or tenant meets it; `lasting`: all such commits until `lift`. */
  arrange(mark: string, ill: Ill, lasting?: boolean): void
  lift(mark: string): void
  /** How often trouble was met. */
  met(): number
}

const errors: Readonly<Record<Ill, string>> = { refused: 'ECONNREFUSED', cut: 'CONNECTION_CLOSED', late: 'ETIMEDOUT' }

/** A batch in which not all operations are in the same trouble is taken apart, so that the others come through. */
const takeApart = () =>
  Object.assign(new Error('a batch with operations in different trouble is taken apart'), { code: '22000' })

/** Every operation of a batch names its tenant once, and then its key, if it has one. */
const marksOfOperations = /ten_[0-9a-z]{23}|s\d+-\d+-\d+-\d+\./g

type Arranged = Map<string, { readonly ill: Ill; readonly lasting: boolean }>

export function troubled(db: Database): { db: Database; trouble: Trouble } {
  const arranged: Arranged = new Map()
  let met = 0

  /** How many operations there are, and the marks of those for which trouble is arranged. */
  function read(ops: string): { operations: number; marks: string[] } {
    const found = ops.match(marksOfOperations) ?? []
    return {
      operations: found.filter((mark) => mark.startsWith('ten_')).length,
      marks: found.filter((mark) => arranged.has(mark)),
    }
  }

  function take(marks: readonly string[]): void {
    for (const mark of marks) if (!arranged.get(mark)!.lasting) arranged.delete(mark)
    met += marks.length
  }

  type Query = (...all: unknown[]) => Promise<unknown>

  async function commit(query: Query, all: unknown[], ops: string): Promise<unknown> {
    const { operations, marks } = read(ops)
    if (marks.length === 0) return query(...all)
    const ills = new Set(marks.map((mark) => arranged.get(mark)!.ill))
    if (marks.length < operations || ills.size > 1) throw takeApart()
    const [ill] = ills as Set<Ill>
    take(marks)
    if (ill === 'refused') throw new ConnectionError(errors.refused, 'trouble: the database refuses')
    await query(...all)
    throw new ConnectionError(errors[ill!], 'trouble: no answer from the database')
  }

  function watched<Target extends object>(target: Target, inTransaction: boolean): Target {
    return new Proxy(target, {
      apply(inner, _self, all: unknown[]) {
        // The driver types its template by what a query returns; here any query passes through.
        const query = inner as unknown as Query
        const isCommit =
          arranged.size > 0 && Array.isArray(all[0]) && /commit_(operations|payouts)/.test(String(all[0]))
        if (!isCommit) return query(...all)
        // Texts stand in the binary format as they are.
        const ops = all[2] instanceof BinaryValue ? all[2].bytes.toString() : String(all[2])
        // Inside a transaction whatever was written goes with the connection.
        const { marks } = inTransaction ? read(ops) : { marks: [] }
        if (marks.length > 0) {
          take(marks)
          return Promise.reject(
            new ConnectionError(errors.refused, 'trouble: the connection broke inside a transaction'),
          )
        }
        return commit(query, all, ops)
      },
      get(inner, name) {
        const value: unknown = Reflect.get(inner, name)
        if (name !== 'begin') return value
        return (...all: unknown[]) => {
          const work = all.at(-1) as (transaction: object) => unknown
          const begin = value as Query
          return begin(...all.slice(0, -1), (transaction: object) => work(watched(transaction, true)))
        }
      },
    })
  }

  return {
    db: watched(db, false),
    trouble: {
      arrange: (mark, ill, lasting = false) => arranged.set(mark, { ill, lasting }),
      lift: (mark) => arranged.delete(mark),
      met: () => met,
    },
  }
}
