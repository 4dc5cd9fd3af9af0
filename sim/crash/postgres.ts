/** What an administrator does to a PostgreSQL: stops it, starts it again where it was, and looks how it is. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { postgresUser } from '../../server/platform/os-user.ts'
import { readPostmasterFile, stopPostmaster } from '../../server/platform/postmaster.ts'

export async function stopPostgres(home: string): Promise<void> {
  const dataDir = join(home, 'postgres')
  await stopPostmaster(dataDir, readPostmasterFile(dataDir)!.pid)
}

/** With the port and the settings it had, which it keeps in a file of its own. */
export async function startPostgresAgain(home: string): Promise<void> {
  const dataDir = join(home, 'postgres')
  const command = readFileSync(join(dataDir, 'postmaster.opts'), 'utf8')
  const program = command.slice(0, command.indexOf(' "'))
  const options = [...command.matchAll(/"([^"]*)"/g)].map(([, option]) => option!)
  const log = openSync(join(home, 'postgres.log'), 'a')
  const child = spawn(program, options, {
    ...(postgresUser(dataDir) ?? {}),
    cwd: '/',
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  child.unref()
  for (let waited = 0; readPostmasterFile(dataDir)?.status !== 'ready'; waited += 20) {
    if (waited > 30_000 || child.exitCode !== null)
      throw new Error(`PostgreSQL did not start; see ${home}/postgres.log`)
    await delay(20)
  }
}
