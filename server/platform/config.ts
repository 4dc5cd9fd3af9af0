import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { secretFile, withFolderErrors } from './embedded.ts'
import { maxShard } from './ids.ts'
import { StartupError } from './startup-error.ts'

/** Everything that can be set, all of it through the environment. */
export interface Config {
  /** HOST, PORT: where HTTP listens. */
  host: string
  port: number
  /** DATABASE_URL; null means the embedded PostgreSQL in `home`. */
  databaseUrl: string | null
  /** CHIT_HOME: the folder of the embedded database and of generated secrets; `.chit` in the checkout by default. */
  home: string
  /** CHIT_MASTER_KEY: 32 bytes in base64, wraps the keys of personal data. Losing it loses the personal data. */
  masterKey: Buffer
  /** SHARDS: 1 on a single PostgreSQL; on a cluster, a power of two well above the number of machines. */
  shards: number
  /** LOG_LEVEL. */
  logLevel: LogLevel
  /** CHIT_POOL: connections to the database for purchases and all that writes; readings have half as many more. */
  poolSize: number
  /** CHIT_LOANS_IN_MIND: of so many loans read last, and as many before them, what they come to is kept; some 8 kB each. */
  loansInMind: number
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

type Environment = Readonly<Record<string, string | undefined>>

const checkout = resolve(import.meta.dirname, '../..')

export function readConfig(env: Environment): Config {
  const home = readHome(env)
  const databaseUrl = readDatabaseUrl(env)
  return {
    host: text(env, 'HOST') ?? '127.0.0.1',
    port: integer(env, 'PORT', 8080, 0, 65_535),
    databaseUrl,
    home,
    masterKey: readMasterKey(env, home, databaseUrl),
    shards: integer(env, 'SHARDS', 1, 1, maxShard + 1),
    logLevel: readLogLevel(env),
    poolSize: integer(env, 'CHIT_POOL', 10, 1, 200),
    loansInMind: integer(env, 'CHIT_LOANS_IN_MIND', 1_000, 1, 1_000_000),
  }
}

/** For tools that need the place of the database only. */
export function readHome(env: Environment): string {
  return resolve(text(env, 'CHIT_HOME') ?? join(checkout, '.chit'))
}

export function readDatabaseUrl(env: Environment): string | null {
  const value = text(env, 'DATABASE_URL')
  if (value === null) return null
  // The value itself is not shown: it holds a password.
  const isUrl = URL.canParse(value) && ['postgres:', 'postgresql:'].includes(new URL(value).protocol)
  if (!isUrl) throw bad('DATABASE_URL', 'is not a URL of the form postgres://user:password@host:5432/database')
  refuseUnknownTls(new URL(value).searchParams)
  return value
}

/** What of `psql`'s modes the driver knows. It takes every other, such as `allow`, for `verify-full`, and an empty one for `disable`. */
const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

function refuseUnknownTls(settings: URLSearchParams): void {
  const modes = settings.getAll('sslmode')
  const unknown = modes.find((mode) => !tlsModes.includes(mode))
  if (unknown !== undefined) {
    throw bad('DATABASE_URL', `has sslmode "${unknown.slice(0, 50)}" but must have one of ${tlsModes.join(', ')}`)
  }
  if (modes.includes('verify-ca') && !settings.get('sslrootcert')) {
    throw bad('DATABASE_URL', 'has sslmode verify-ca and no sslrootcert, the file of the authority that is trusted')
  }
}

/** An empty variable counts as not set: that is how compose files and shells unset one. */
function text(env: Environment, name: string): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}

function integer(env: Environment, name: string, preset: number, min: number, max: number): number {
  const value = text(env, name)
  if (value === null) return preset
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (!(number >= min && number <= max))
    throw bad(name, `is "${value}" but must be a whole number from ${min} to ${max}`)
  return number
}

function readLogLevel(env: Environment): LogLevel {
  const value = text(env, 'LOG_LEVEL') ?? 'info'
  const level = logLevels.find((known) => known === value)
  if (level === undefined) throw bad('LOG_LEVEL', `is "${value}" but must be one of ${logLevels.join(', ')}`)
  return level
}

function readMasterKey(env: Environment, home: string, databaseUrl: string | null): Buffer {
  const value = text(env, 'CHIT_MASTER_KEY')
  if (value !== null) return decodeKey(value, 'CHIT_MASTER_KEY')
  if (databaseUrl !== null) {
    // A key generated here and a database elsewhere would part ways one day, and the personal data be lost.
    throw new StartupError(
      'CHIT_MASTER_KEY is not set, and DATABASE_URL names a database of your own.',
      'Make a key with `openssl rand -base64 32`, keep it safe, and set CHIT_MASTER_KEY to it.',
    )
  }
  const path = join(home, 'master.key')
  const key = withFolderErrors(home, () => {
    mkdirSync(home, { recursive: true })
    return secretFile(path, () => randomBytes(32).toString('base64'))
  })
  return decodeKey(key, path)
}

function decodeKey(value: string, source: string): Buffer {
  const key = Buffer.from(value, 'base64')
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(value) || key.length !== 32) {
    throw bad(source, 'is not 32 bytes in base64; make one with `openssl rand -base64 32`')
  }
  return key
}

function bad(name: string, what: string): StartupError {
  return new StartupError(`${name} ${what}.`, 'Correct it and start again.')
}
