/** The database of a benchmark, past the server. */
import { readFileSync } from 'node:fs'
import { type Database, openDatabase } from '../../server/platform/database.ts'

export async function withDatabase<Result>(
  { databaseUrl }: { readonly databaseUrl: string },
  work: (db: Database) => Promise<Result>,
  max = 1,
): Promise<Result> {
  const db = openDatabase(databaseUrl, { max, applicationName: 'chit bench', answerSeconds: null })
  try {
    return await work(db)
  } finally {
    await db.end({ timeout: 5 })
  }
}

/** The parent of any connection's process; 0 where PostgreSQL runs on another machine. */
export async function postmasterOf(databaseUrl: string): Promise<number> {
  return withDatabase({ databaseUrl }, async (db) => {
    const [backend] = await db<{ pid: number }[]>`select pg_backend_pid() as pid`
    try {
      const stat = readFileSync(`/proc/${backend!.pid}/stat`, 'utf8')
      return Number(/^\d+ \(postgres\) \S (\d+)/.exec(stat)?.[1] ?? 0)
    } catch {
      return 0
    }
  })
}
