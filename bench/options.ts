import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ServerOrder } from './harness/server.ts'

export interface BenchOptions {
  readonly short: boolean
  readonly full: boolean
  /** Folder for processor profiles of the server. */
  readonly profile: string | null
}

export function serverFor({ profile }: BenchOptions): Omit<ServerOrder, 'home'> {
  if (profile === null) return {}
  const folder = resolve(profile)
  mkdirSync(folder, { recursive: true })
  return { nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${folder}`] }
}
