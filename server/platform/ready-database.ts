import pg from 'pg'
import { type Database, isOutage } from './database.ts'
import { codeOf } from './outage.ts'
import { StartupError } from './startup-error.ts'

/** MERGE and multiranges are older, but `unique nulls not distinct` and security-invoker views need it. */
const oldestMajor = 15

/** Makes sure that a database of the operator's own answers and is one that Chit can use; else one line with the remedy. */
export async function assertUsable(db: Database, url: string): Promise<void> {
  const version = await serverVersion(db, url)
  if (version >= oldestMajor * 10_000) return
  throw new StartupError(
    `The database is PostgreSQL ${Math.floor(version / 10_000)}; Chit needs ${oldestMajor} or newer.`,
    'Upgrade it, or unset DATABASE_URL to use the embedded PostgreSQL 18.',
  )
}

async function serverVersion(db: Database, url: string): Promise<number> {
  try {
    const [row] = await db<{ version: number }[]>`select current_setting('server_version_num')::int4 as version`
    return row!.version
  } catch (error) {
    throw explained(error, url)
  }
}

function explained(error: unknown, url: string): unknown {
  const { host, pathname } = new URL(url)
  const code = codeOf(error)
  switch (code) {
    case '28P01':
    case '28000':
      return new StartupError(
        `The database at ${host} refuses the user name or password.`,
        'Correct them in DATABASE_URL.',
      )
    case '3D000':
      return new StartupError(
        `There is no database "${pathname.slice(1)}" at ${host}.`,
        `Make it (\`createdb ${pathname.slice(1)}\`) or correct DATABASE_URL.`,
      )
    default:
      if (error instanceof Error && /not support SSL/.test(error.message)) {
        return new StartupError(
          `The database at ${host} takes no connections by TLS.`,
          'Turn `ssl` on there, or write sslmode=disable in DATABASE_URL.',
        )
      }
      if (error instanceof pg.DatabaseError && error.severity === 'FATAL' && !isOutage(error)) {
        return new StartupError(
          `The database at ${host} refuses the connection: ${error.message}.`,
          'Correct DATABASE_URL.',
        )
      }
      if (!isOutage(error)) return error
      return new StartupError(
        `The database at ${host} cannot be reached (${code}).`,
        'Start it, correct DATABASE_URL, or unset DATABASE_URL to use the embedded PostgreSQL.',
      )
  }
}
