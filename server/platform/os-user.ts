import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartupError } from './startup-error.ts'

/** Who PostgreSQL runs as; null for the user who runs Node. */
export interface OsUser {
  uid: number
  gid: number
}

/**
 * PostgreSQL refuses to run as root. Started by root, it runs as the owner of an existing data folder (so that a folder
 * made by a person stays that person's), else as the system user `postgres`, which is created where it is missing.
 */
export function postgresUser(dataDir: string): OsUser | null {
  if (process.getuid?.() !== 0) return null
  return ownerOf(dataDir) ?? systemUser() ?? createSystemUser()
}

function ownerOf(dataDir: string): OsUser | null {
  const stats = statSync(dataDir, { throwIfNoEntry: false })
  return stats === undefined || stats.uid === 0 ? null : { uid: stats.uid, gid: stats.gid }
}

function systemUser(): OsUser | null {
  try {
    return { uid: Number(run('id', ['-u', 'postgres'])), gid: Number(run('id', ['-g', 'postgres'])) }
  } catch {
    return null
  }
}

function createSystemUser(): OsUser {
  try {
    run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'])
  } catch {
    throw new StartupError(
      'PostgreSQL does not run as root, and the system user "postgres" could not be created.',
      'Run Chit as a normal user, create that system user, or set DATABASE_URL to a PostgreSQL of your own.',
    )
  }
  return systemUser()!
}

function run(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

/** A checkout below a closed home (mode 700) cannot be reached by another user; says which folder is in the way. */
export function assertReachable(path: string, user: OsUser): void {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!mayEnter(folder, user)) {
      throw new StartupError(
        `PostgreSQL runs as the system user with id ${user.uid}, who may not enter ${folder}.`,
        `Run \`chmod o+x ${folder}\`, move the checkout to an open place such as /opt, run Chit as a normal user, or set DATABASE_URL.`,
      )
    }
    if (folder === dirname(folder)) return
  }
}

function mayEnter(folder: string, user: OsUser): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) return true
  if (stats.uid === user.uid) return (stats.mode & 0o100) !== 0
  if (stats.gid === user.gid) return (stats.mode & 0o010) !== 0
  return (stats.mode & 0o001) !== 0
}
