/**
 * `npm run lock` after any change of dependencies. Where a registry mirror does not carry the binaries of every
 * platform, npm leaves them out of package-lock.json, and then `npm ci` fails on all of them. This adds what the
 * packages themselves say they bring: the exact version, and the platform that its name states.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

interface LockEntry {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const path = resolve(import.meta.dirname, '../package-lock.json')
const lock: { packages: Record<string, LockEntry> } = JSON.parse(readFileSync(path, 'utf8'))

const missing = Object.values(lock.packages).flatMap((parent) =>
  Object.entries(parent.optionalDependencies ?? {})
    .filter(([name]) => !(`node_modules/${name}` in lock.packages))
    .map(([name, version]) => [name, entryOf(name, version, parent)] as const),
)

for (const [name, entry] of missing) lock.packages[`node_modules/${name}`] = entry
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(missing.length === 0 ? 'The lock file is complete.' : `Added ${missing.map(([name]) => name).join(', ')}.`)

function entryOf(name: string, version: string, parent: LockEntry): LockEntry {
  if (!/^\d/.test(version)) throw new Error(`${name} has no exact version: ${version}`)
  const words = name.split('/').at(-1)!.split('-')
  const among = (known: string[]) => words.filter((word) => known.includes(word))
  return {
    version,
    cpu: among(['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x']),
    ...(parent.dev ? { dev: true } : {}),
    ...(words.includes('musl') ? { libc: ['musl'] } : {}),
    optional: true,
    os: among(['android', 'darwin', 'linux', 'win32', 'freebsd']),
  }
}
