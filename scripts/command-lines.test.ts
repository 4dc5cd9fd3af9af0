/** What the commands for developers say when they are typed wrong; those of `chit` have their tests beside them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const checkout = join(import.meta.dirname, '..')

/** What is typed, and the line that answers it. */
const slips: Readonly<Record<string, readonly [typed: string, told: RegExp][]>> = {
  'sim/main.ts': [
    ['--bogus', /^sim: Unknown option '--bogus'\. Options: --seed, --seeds, .*--workers, --help\.$/],
    ['world', /^sim: Unexpected argument 'world'\. .*Options: --seed, /],
    ['--seed', /^sim: Option '--seed <value>' argument missing\. Options: /],
    ['--seeds x..y', /^sim: --seeds "x\.\.y" is not a range like 1\.\.200\.$/],
    ['--seeds 1..2..3', /^sim: --seeds "1\.\.2\.\.3" is not a range like/],
    ['--seeds 9..8', /^sim: --seeds "9\.\.8" is not a range like/],
    ['--seeds 1..100001', /^sim: --seeds "1\.\.100001" are more than 100,000 worlds\.$/],
    ['--days 1.5', /^sim: --days "1\.5" is not a whole number from 1\.$/],
    ['--workers 0', /^sim: --workers "0" is not a whole number from 1\.$/],
    ['--shards 9999', /^sim: --shards "9999" is not a whole number from 1 to 1024\.$/],
  ],
  'sim/crash/main.ts': [
    ['--bogus', /^crash: Unknown option '--bogus'\. Options: --rounds, --seed, --callers, --keep, --help\.$/],
    ['--rounds -1', /^crash: --rounds "-1" is not a whole number from 1\.$/],
    ['--callers many', /^crash: --callers "many" is not a whole number from 1\.$/],
  ],
  'cli/demo/main.ts': [['--bogus', /^demo: Unknown option '--bogus'\. Options: --url, --key, --help\.$/]],
  'scripts/upgrade-fixture.ts': [
    ['--bogus', /^upgrade-fixture: Unknown option '--bogus'\. Options: --version, --checkout, --help\.$/],
    ['', /^upgrade-fixture: --version is missing, such as --version 0\.1\.$/],
    ['--version ../0.1', /^upgrade-fixture: --version "\.\.\/0\.1" is not one like 0\.1\.$/],
    ['--version 0.1 --checkout no-such', /^upgrade-fixture: --checkout "no-such" is not a folder with Chit in it/],
  ],
  'bench/main.ts': [
    [
      'charges --bogus',
      /^bench: Unknown option '--bogus'\. .*Options: --short, --full, --profile, --database, --help\.$/,
    ],
    ['purchases', /^bench: There is no benchmark "purchases"; there are charges, latency, .*rates\.$/],
    ['toString', /^bench: There is no benchmark "toString"/],
    ['charges mix', /^bench: One benchmark at a time, not mix too\.$/],
    ['charges --database localhost', /^bench: --database is not an address like postgres:/],
  ],
}

for (const [program, tries] of Object.entries(slips)) {
  test(`${program} says in one line what is wrong with its options, and ends with 2`, () => {
    for (const [typed, told] of tries) {
      const args = [join(checkout, program), ...typed.split(' ').filter((word) => word !== '')]
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
      assert.deepEqual([status, stdout, stderr.split('\n').length], [2, '', 2], `${typed}: ${stdout}${stderr}`)
      assert.match(stderr.trimEnd(), told)
    }
  })
}
