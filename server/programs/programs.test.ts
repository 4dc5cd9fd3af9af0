import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Charge, type Program, plainTerms, type Refusal, testCredit } from '../testing.ts'
import type { ProgramTermsJson } from './types.ts'

const { sandbox } = await testCredit({ after })

const payLater = plainTerms().plans[0]!

function flat(percent: string, instalments = 12): ProgramTermsJson['plans'][number] {
  return {
    code: `${instalments}x`,
    method: 'flat',
    instalments,
    rate: { per: 'period', percent },
    paidBy: 'customer',
  }
}

test('a product is a draft with its review until it is activated; only then lines can be opened in it', async () => {
  const world = await sandbox('2026-03-05')
  const draft = await world.post<Program>('/v1/programs', { name: 'Baitiao', terms: plainTerms() })
  assert.equal(draft.status, 'draft')
  assert.equal(draft.activeVersion, null)
  assert.equal(draft.review.capPercent, '24')
  assert.equal(draft.review.interestFreeDaysMax, 40)
  assert.deepEqual(draft.review.breaches, [])

  const { id: customerId } = await world.post<{ id: string }>('/v1/customers', { name: 'Lin' })
  const application = { customerId, programId: draft.id }
  assert.equal((await world.refusal('/v1/lines', application)).code, 'program-not-active')
  assert.equal((await world.refusal('/v1/quotes', { programId: draft.id, amount: 100 })).code, 'program-not-active')

  const active = await world.post<Program>(`/v1/programs/${draft.id}/activate`)
  assert.equal(active.status, 'active')
  assert.equal(active.activeVersion, 1)
  assert.equal((await world.post<{ status: string }>('/v1/lines', application)).status, 'active')
  await world.booksAreTrue()
})

test('a product that breaks rules stays a draft, and every breach is named with its plan and source', async () => {
  const world = await sandbox('2026-03-05')
  const [bank, trust] = [await world.funder('Bank'), await world.funder('Trust')]
  const terms = plainTerms({
    plans: [payLater, flat('2')],
    limit: { min: 50_000n, max: 30_000_001n, initial: 800_000n },
    funding: {
      shares: [
        { funderId: bank, basisPoints: 7_001 },
        { funderId: trust, basisPoints: 2_999 },
      ],
      serviceFeeBasisPoints: 0,
    },
  })
  const draft = await world.post<Program>('/v1/programs', { name: 'Too dear', terms })
  assert.equal(draft.review.breaches.length, 3)

  const refusal = await world.refusal(`/v1/programs/${draft.id}/activate`)
  assert.equal(refusal.code, 'program-breaks-rules')
  const breaches = refusal.breaches as { rule: string; plan: string | null; detail: string; source: string }[]
  assert.deepEqual(
    breaches.map(({ rule, plan }) => [rule, plan]),
    [
      ['all-in-cap', '12x'],
      ['joint-share', null],
      ['consumer-limit', null],
    ],
  )
  assert.match(breaches[0]!.detail, /above 24 %/)
  assert.match(breaches[1]!.detail, new RegExp(`${trust} carries 2999`))
  for (const { detail, source } of breaches) {
    assert.ok(refusal.detail.includes(detail))
    assert.notEqual(source, '')
  }
  assert.equal((await world.get<Program>(`/v1/programs/${draft.id}`)).status, 'draft')
})

test('a version in use never changes: a new one binds new lines alone, after its own activation', async () => {
  const world = await sandbox('2026-03-05')
  const merchantId = await world.merchant()
  const program = await world.program(plainTerms({ plans: [payLater, flat('0.5')] }))
  const before = await world.line(program.id)

  const dearer = { terms: plainTerms({ plans: [payLater, flat('0.6')] }) }
  const revised = await world.post<Program>(`/v1/programs/${program.id}/terms`, dearer)
  assert.deepEqual([revised.activeVersion, revised.latestVersion], [1, 2])
  const between = await world.line(program.id)

  await world.post(`/v1/programs/${program.id}/activate`)
  const late = await world.line(program.id)
  assert.deepEqual([before.termsVersion, between.termsVersion, late.termsVersion], [1, 1, 2])

  // The first charge on 1,200.00: 6.00 at 0.5 % of the old contract, 7.20 at 0.6 % of the new one.
  const firstCharge = async (lineId: string) => {
    const purchase = await world.buy({ lineId, merchantId, amount: 120_000, plan: '12x' })
    return (await world.loan(purchase.loanIds[0]!)).instalments[0]!.interest
  }
  assert.deepEqual(
    [await firstCharge(before.id), await firstCharge(between.id), await firstCharge(late.id)],
    [600, 600, 720],
  )
  await world.booksAreTrue()
})

test('a version that breaks rules is not put to use; the one before stays', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms({ plans: [payLater] }))
  await world.post(`/v1/programs/${program.id}/terms`, { terms: plainTerms({ plans: [flat('2')] }) })
  assert.equal((await world.refusal(`/v1/programs/${program.id}/activate`)).code, 'program-breaks-rules')
  const line = await world.line(program.id)
  assert.equal(line.termsVersion, 1)
  const merchantId = await world.merchant()
  const order = { lineId: line.id, merchantId, amount: 10_000, currency: 'CNY', plan: '12x' }
  assert.equal((await world.refusal('/v1/charges', order)).code, 'unknown-plan')
  const bought = await world.post<Charge>('/v1/charges', { ...order, plan: 'pay-later' })
  assert.equal(bought.status, 'captured')
})

test('a law that takes effect later stops the activation from its day', async () => {
  // 1 % flat for 12 bills costs more than 24 % a year and less than 36 %.
  const terms = plainTerms({ plans: [flat('1.2')] })
  const world = await sandbox('2025-09-30')
  const draft = await world.post<Program>('/v1/programs', { name: 'Old market', terms })
  assert.equal(draft.review.capPercent, '36')
  assert.deepEqual(draft.review.breaches, [])
  await world.advance('2025-10-01')
  assert.equal((await world.refusal(`/v1/programs/${draft.id}/activate`)).code, 'program-breaks-rules')
})

test('terms that contradict themselves are refused before they are kept', async () => {
  const world = await sandbox('2026-03-05')
  const limit = { min: 100n, max: 1_000n, initial: 500n }
  const whole = async () => ({ funderId: await world.funder(), basisPoints: 10_000 })
  const [first, second] = [await whole(), await whole()]
  const funding = (...shares: { funderId: string; basisPoints: number }[]) => ({ shares, serviceFeeBasisPoints: 0 })
  const cases: [changes: Partial<ProgramTermsJson>, code: string, detail: RegExp][] = [
    [{ limit: { ...limit, initial: 1_001n } }, 'terms-invalid', /min ≤ initial ≤ max/],
    [{ limit: { ...limit, min: 501n } }, 'terms-invalid', /min ≤ initial ≤ max/],
    [{ plans: [payLater, payLater] }, 'terms-invalid', /code/],
    [{ plans: [{ ...payLater, instalments: 2 }] }, 'terms-invalid', /a bullet has one instalment/],
    [{ plans: [{ ...flat('1'), rate: { per: 'year', percent: '1' } }] }, 'terms-invalid', /flat fee/],
    [{ cycle: { statementDay: 3, dueDay: 3 } }, 'terms-invalid', /due day must differ/],
    [{ rulePack: 'atlantis' }, 'terms-invalid', /no rule pack "atlantis"/],
    [{ currency: 'XXQ' }, 'unknown-currency', /XXQ/],
    [{ funding: funding(first, second) }, 'terms-invalid', /more than 10,000/],
    [{ funding: funding(first, first) }, 'terms-invalid', /named twice/],
    [{ funding: funding({ ...first, funderId: 'fun_00000000000000000000000' }) }, 'terms-invalid', /no funder/],
  ]
  for (const [changes, code, detail] of cases) {
    const refusal: Refusal = await world.refusal('/v1/programs', { name: 'Wrong', terms: plainTerms(changes) })
    assert.equal(refusal.code, code, refusal.detail)
    assert.match(refusal.detail, detail)
  }
  assert.deepEqual((await world.get<{ data: unknown[] }>('/v1/programs')).data, [])
})

test('a program keeps its currency through all versions', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const refusal = await world.refusal(`/v1/programs/${program.id}/terms`, { terms: plainTerms({ currency: 'EUR' }) })
  assert.equal(refusal.code, 'terms-invalid')
})
