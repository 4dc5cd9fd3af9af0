/**
 * Notices that a newer version has migrated the database under this server, which then can neither read nor write everything that
 * is in it. It refuses all work from there on, so that whoever stands before several servers sends it to the newer ones.
 */
import type { Logger } from 'pino'
import type { Database } from './database.ts'
import { type Problem, problem } from './errors.ts'

export interface NewerSchema {
  /** The first migration that this version does not know; null as long as none was seen. */
  migration(): string | null
  /** Asks the database. Gives null where it does not answer, too. */
  look(): Promise<string | null>
}

/** `known`: the migrations of this version; null where nobody has told, such as in a test of one route: none is newer then. */
export function createNewerSchema(db: Database, log: Logger, known: readonly string[] | null): NewerSchema {
  /**
   * Never taken back, also where the migration is gone again because a backup was restored. A server remembers what "never changes",
   * such as activated terms and the columns of tables, and a restore changes that: only a server that starts anew knows nothing of
   * what is no longer there. Forgetting all of it here would be one more thing to get right, for a case in which somebody is at hand.
   */
  let seen: string | null = null
  let asking: Promise<string | null> | null = null

  async function ask(names: readonly string[]): Promise<string | null> {
    const rows = await db<{ name: string }[]>`select name from schema_migrations order by name`
    const newer = rows.find(({ name }) => !names.includes(name))?.name ?? null
    if (newer !== null) {
      log.error(
        { migration: newer },
        'a newer version of Chit migrated the database: this server refuses all requests; stop it',
      )
    }
    seen = newer
    return newer
  }

  return {
    migration: () => seen,
    look: () => {
      if (known === null || seen !== null) return Promise.resolve(seen)
      asking ??= ask(known)
        .catch(() => null)
        .finally(() => {
          asking = null
        })
      return asking
    },
  }
}

/** `migration`: one that this version does not know. */
export function outdated(migration: string): Problem {
  const detail = `A newer version of Chit has migrated the database (${migration}).`
  return problem('server-outdated', { detail, retryAfterSeconds: 5 })
}

/** Between the steps of what takes long and can be taken up by another server: throws once a newer schema was seen. */
export function assertNotOutdated(newerSchema: NewerSchema): void {
  const migration = newerSchema.migration()
  if (migration !== null) throw outdated(migration)
}

const lookEveryMilliseconds = 5_000

/** Looks again and again; the answer ends that. */
export function watchForNewerSchema(newerSchema: NewerSchema): () => void {
  const timer = setInterval(() => void newerSchema.look(), lookEveryMilliseconds)
  return () => clearInterval(timer)
}
