import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ServerOrder } from './harness/server.ts'

export interface BenchOptions {
  readonly short: boolean
  readonly full: boolean
  /** Folder for processor profiles of the server. */
  readonly profile: string | null
  /** Address of an empty database on a PostgreSQL of one's own; null: the embedded one. */
  readonly database: string | null
}

export function serverFor({ profile, database }: BenchOptions): Omit<ServerOrder, 'home'> {
  if (profile === null) return { database }
  const folder = resolve(profile)
  mkdirSync(folder, { recursive: true })
  return { database, nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${folder}`] }
}
