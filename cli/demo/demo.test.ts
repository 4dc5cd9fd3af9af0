import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

test('npm run demo tells the story to its end, with figures a banker could check', () => {
  const run = spawnSync(process.execPath, ['cli/demo/main.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  })
  assert.equal(run.status, 0, `${run.stderr}\n${run.stdout.slice(-2000)}`)
  const told = [
    // 12 × (333.25 + 0.5 % of 3,999.00)
    /3,999\.00 +240\.00 +4,239\.00/,
    // 3,758.00 less 0.8 %
    /Paid out, T\+1, through 2026-03-05 +3,727\.94/,
    // 333.25 + 17.50, and the groceries
    /Due on 2026-04-13 +592\.25 +17\.50 +609\.75/,
    // 5 % of 350.75
    /once: 17\.54/,
    // 3,165.75 + two bills of 17.50 + 17.54
    /3,165\.75 +35\.00 +17\.54 +3,218\.29/,
    /Harbour Bank, 70 % +2,980\.60 +2,980\.60/,
    /Plum Consumer Finance, 30 % +1,277\.40 +1,277\.40/,
    /✓ +every balance is the sum of its legs/,
  ]
  for (const figures of told) assert.match(run.stdout, figures)
  assert.doesNotMatch(run.stdout, /✗/)
})
