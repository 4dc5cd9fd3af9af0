import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allInCapOn, findRulePack, inForce, rulePacks } from './packs.ts'

test('of several entries the one that began last is in force, and none before the first', () => {
  const entries = [
    { from: '2026-01-01', source: 'third' },
    { from: '2020-01-01', source: 'first' },
    { from: '2024-01-01', source: 'second' },
  ]
  const cases: [on: string, source: string | undefined][] = [
    ['2019-12-31', undefined],
    ['2020-01-01', 'first'],
    ['2023-12-31', 'first'],
    ['2024-01-01', 'second'],
    ['2030-01-01', 'third'],
  ]
  for (const [on, source] of cases) assert.equal(inForce(entries, on)?.source, source, on)
})

test('the Chinese all-in cap fell from 36 % to 24 % on 1 October 2025, for every kind of lender', () => {
  const cn = findRulePack('cn')!
  for (const lender of ['consumer-finance', 'small-loan', 'bank'] as const) {
    assert.equal(allInCapOn(cn, lender, '2025-09-30')?.percent, '36')
    assert.equal(allInCapOn(cn, lender, '2025-10-01')?.percent, '24')
  }
})

test('a pack without rules caps nothing, and an unknown pack is not found', () => {
  assert.equal(allInCapOn(findRulePack('none')!, 'bank', '2026-01-01'), undefined)
  assert.equal(findRulePack('atlantis'), undefined)
})

test('every figure of every pack has a day and a source, and no two of a kind begin on one day', () => {
  for (const pack of rulePacks) {
    for (const entries of [pack.allInCap, pack.consumerLimit, pack.instalmentMonthsMax, pack.jointShareMin]) {
      for (const { from, source } of entries) {
        assert.match(from, /^\d{4}-\d{2}-\d{2}$/)
        assert.ok(source.length > 10, `${pack.code} ${from} needs a source`)
      }
      assert.equal(new Set(entries.map((entry) => entry.from)).size, entries.length)
    }
  }
})
