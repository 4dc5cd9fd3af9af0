/** What a client may do next, as data for fast-check, and the doing of it. An independent little ledger is kept beside. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Charge, Dispute, Line, Loan, ProblemDocument, Refund, Repayment } from './answers.ts'
import { type Answer, loansOf, order, read, type World } from './world.ts'

const plans = ['pay-later', '3x', '6x', '12x', '24x', '3x-free', '12x-daily', '36x'] as const
const cardPlans = ['pay-later', '12x'] as const

/** Picks one of what there is; sequences stay meaningful while fast-check shrinks them. */
const which = fc.nat({ max: 30 })
const share = fc.double({ min: 0, max: 1.1, noNaN: true })
const amount = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 400_000 }))

const kinds = {
  buy: fc.record({ line: which, plan: which, amount, capture: fc.boolean() }),
  capture: fc.record({ charge: which, share, final: fc.boolean() }),
  void: fc.record({ charge: which }),
  refund: fc.record({ charge: which, share }),
  dispute: fc.record({ charge: which, share }),
  resolve: fc.record({ dispute: which, share, outcome: fc.constantFrom('upheld', 'rejected', 'withdrawn') }),
  repay: fc.record({ line: which, amount, daysAgo: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })) }),
  repayLoan: fc.record({ loan: which, share, daysAgo: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })) }),
  reverse: fc.record({ repayment: which }),
  prepay: fc.record({ loan: which, share, effect: fc.constantFrom('shorten', 'lower') }),
  settle: fc.record({ loan: which }),
  reschedule: fc.record({
    loan: which,
    instalments: fc.integer({ min: 1, max: 24 }),
    inDays: fc.integer({ min: 0, max: 60 }),
  }),
  waive: fc.record({ loan: which, component: fc.constantFrom('interest', 'fee', 'penalty'), amount }),
  writeOff: fc.record({ loan: which }),
  payBack: fc.record({ line: which, amount: fc.option(amount) }),
  limit: fc.record({ line: which, amount: fc.integer({ min: 1, max: 2_000_000 }) }),
  freeze: fc.record({ line: which, freeze: fc.boolean() }),
  autopay: fc.record({
    line: which,
    token: fc.constantFrom(null, 'tok_ok', 'tok_insufficient'),
    amount: fc.constantFrom('total', 'minimum'),
  }),
  advance: fc.record({ days: fc.integer({ min: 0, max: 45 }) }),
  payOut: fc.record({ payee: which }),
} as const

type Kind = keyof typeof kinds
type Settings<K extends Kind> = (typeof kinds)[K] extends fc.Arbitrary<infer Value> ? Value : never
export type Move = { [K in Kind]: { readonly kind: K } & Settings<K> }[Kind]

const weights: Record<Kind, number> = {
  buy: 8,
  capture: 3,
  void: 1,
  refund: 4,
  dispute: 2,
  resolve: 2,
  repay: 5,
  repayLoan: 4,
  reverse: 3,
  prepay: 3,
  settle: 2,
  reschedule: 2,
  waive: 2,
  writeOff: 1,
  payBack: 2,
  limit: 1,
  freeze: 1,
  autopay: 2,
  advance: 8,
  payOut: 2,
}

export const moves = (maxLength: number): fc.Arbitrary<Move[]> =>
  fc.array(
    fc.oneof(
      ...(Object.keys(kinds) as Kind[]).map((kind) => ({
        weight: weights[kind],
        arbitrary: (kinds[kind] as fc.Arbitrary<object>).map((settings) => ({ kind, ...settings }) as Move),
      })),
    ),
    { minLength: 4, maxLength, size: 'max' },
  )

export interface OwnLine {
  readonly id: string
  readonly plans: readonly string[]
  limit: number
  reversed: boolean
  /** Credit that went back to the customer. */
  paidBack: number
}

/** What the test knows by its own bookkeeping; nothing of it is read back from the server's sums. */
export interface Ledger {
  readonly lines: OwnLine[]
  readonly charges: Map<string, Charge>
  readonly refunds: Refund[]
  readonly disputes: Dispute[]
  readonly repayments: { readonly id: string; readonly lineId: string }[]
  readonly writtenOff: Set<string>
  today: string
}

export interface Play {
  readonly world: World
  readonly ledger: Ledger
}

export const linePlans = { instalments: plans, card: cardPlans }

/** Outcomes a sensible client may meet; everything else (a 5xx, an unknown id) is a fault. */
const outcomes = new Set([200, 201, 409, 422])

async function post<Body>({ world }: Play, path: string, body?: object): Promise<Body | null> {
  const answer: Answer<Body> = await world.call<Body>('POST', path, body)
  assert.ok(
    outcomes.has(answer.status),
    `POST ${path} ${JSON.stringify(body)}: ${answer.status} ${JSON.stringify(answer.body)}`,
  )
  if (answer.status < 300) return answer.body
  const { code, detail } = answer.body as unknown as ProblemDocument
  assert.notEqual(code, 'conflict', detail)
  return null
}

function pick<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % Math.max(items.length, 1)]
}

async function pickLoan(play: Play, index: number): Promise<Loan | undefined> {
  const loans = await Promise.all(play.ledger.lines.map((line) => loansOf(play.world.call, line.id)))
  return pick(loans.flat(), index)
}

function before(today: string, days: number): string {
  return Temporal.PlainDate.from(today).subtract({ days }).toString()
}

function part(of: number, portion: number): number {
  return Math.max(1, Math.round(of * portion))
}

function keep({ ledger }: Play, charge: Charge | null): void {
  if (charge !== null) ledger.charges.set(charge.id, charge)
}

function received({ ledger }: Play, lineId: string, repayment: Repayment | null): void {
  if (repayment !== null) ledger.repayments.push({ id: repayment.id, lineId })
}

type Handlers = { [K in Kind]: (play: Play, move: Settings<K>) => Promise<void> }

const handlers: Handlers = {
  async buy(play, { line, plan, amount, capture }) {
    const on = pick(play.ledger.lines, line)!
    keep(
      play,
      await post<Charge>(play, '/v1/charges', order(play.world, on.id, amount, pick(on.plans, plan)!, capture)),
    )
  },
  async capture(play, { charge, share, final }) {
    const held = pick(
      [...play.ledger.charges.values()].filter((known) => known.held > 0),
      charge,
    )
    if (held === undefined) return
    keep(play, await post<Charge>(play, `/v1/charges/${held.id}/capture`, { amount: part(held.held, share), final }))
  },
  async void(play, { charge }) {
    const known = pick([...play.ledger.charges.values()], charge)
    if (known !== undefined) keep(play, await post<Charge>(play, `/v1/charges/${known.id}/void`))
  },
  async refund(play, { charge, share }) {
    const captured = pick(
      [...play.ledger.charges.values()].filter((known) => known.captured > 0),
      charge,
    )
    if (captured === undefined) return
    const amount = part(captured.captured - captured.refunded, share)
    const refund = await post<Refund>(play, `/v1/charges/${captured.id}/refunds`, { amount })
    if (refund === null) return
    assert.equal(refund.debtReduced + refund.credited + refund.paidBack, amount)
    play.ledger.refunds.push(refund)
    keep(play, refund.charge)
  },
  async dispute(play, { charge, share }) {
    const captured = pick(
      [...play.ledger.charges.values()].filter((known) => known.captured > 0),
      charge,
    )
    if (captured === undefined) return
    const amount = part(captured.captured - captured.refunded, share)
    const body = { amount, reason: 'not-received' }
    const dispute = await post<Dispute>(play, `/v1/charges/${captured.id}/disputes`, body)
    if (dispute !== null) play.ledger.disputes.push(dispute)
  },
  async resolve(play, { dispute, share, outcome }) {
    const known = pick(play.ledger.disputes, dispute)
    if (known === undefined) return
    const body = outcome === 'upheld' ? { outcome, amount: part(known.amount, share) } : { outcome }
    const resolved = await post<Dispute>(play, `/v1/disputes/${known.id}/resolve`, body)
    if (resolved === null) return
    assert.deepEqual([resolved.status, resolved.withheld], [outcome, 0])
    if (resolved.refund === null) return
    const { amount, debtReduced, credited, paidBack } = resolved.refund
    assert.equal(debtReduced + credited + paidBack, amount)
    const charge = await read<Charge>(play.world.call, `/v1/charges/${known.chargeId}`)
    play.ledger.refunds.push({ ...resolved.refund, charge })
    keep(play, charge)
  },
  async repay(play, { line, amount, daysAgo }) {
    const { id: lineId } = pick(play.ledger.lines, line)!
    const effectiveOn = before(play.ledger.today, daysAgo)
    received(play, lineId, await post<Repayment>(play, '/v1/repayments', { lineId, amount, effectiveOn }))
  },
  async repayLoan(play, { loan, share, daysAgo }) {
    const owing = await pickLoan(play, loan)
    if (owing === undefined) return
    const owed = owing.instalments.reduce((sum, instalment) => sum + instalment.outstanding, 0)
    const body = { loanId: owing.id, amount: part(owed, share), effectiveOn: before(play.ledger.today, daysAgo) }
    received(play, owing.lineId, await post<Repayment>(play, '/v1/repayments', body))
  },
  async reverse(play, { repayment }) {
    const booked = pick(play.ledger.repayments, repayment)
    if (booked === undefined) return
    const reversed = await post<Repayment>(play, `/v1/repayments/${booked.id}/reverse`)
    if (reversed !== null) play.ledger.lines.find((line) => line.id === booked.lineId)!.reversed = true
  },
  async prepay(play, { loan, share, effect }) {
    const owing = await pickLoan(play, loan)
    if (owing === undefined) return
    const body = { amount: part(owing.payoff, share), effect }
    received(play, owing.lineId, await post<Repayment>(play, `/v1/loans/${owing.id}/prepay`, body))
  },
  async settle(play, { loan }) {
    const owing = await pickLoan(play, loan)
    if (owing === undefined) return
    const repayment = await post<Repayment>(play, `/v1/loans/${owing.id}/settle`)
    received(play, owing.lineId, repayment)
    if (repayment !== null) assert.equal(repayment.amount, owing.payoff, 'settling costs what the loan said')
  },
  async reschedule(play, { loan, instalments, inDays }) {
    const owing = await pickLoan(play, loan)
    const firstDueOn = before(play.ledger.today, -inDays)
    if (owing !== undefined) await post(play, `/v1/loans/${owing.id}/reschedule`, { instalments, firstDueOn })
  },
  async waive(play, { loan, component, amount }) {
    const owing = await pickLoan(play, loan)
    if (owing !== undefined) await post(play, `/v1/loans/${owing.id}/waive`, { component, amount })
  },
  async writeOff(play, { loan }) {
    const owing = await pickLoan(play, loan)
    if (owing === undefined) return
    const written = await post<Loan>(play, `/v1/loans/${owing.id}/write-off`)
    if (written !== null) play.ledger.writtenOff.add(owing.lineId)
  },
  async payBack(play, { line, amount }) {
    const on = pick(play.ledger.lines, line)!
    const { credit } = await read<Line>(play.world.call, `/v1/lines/${on.id}`)
    const left = await post<Line>(play, `/v1/lines/${on.id}/pay-back`, amount === null ? {} : { amount })
    if (left !== null) on.paidBack += credit - left.credit
  },
  async limit(play, { line, amount: limit }) {
    const on = pick(play.ledger.lines, line)!
    if ((await post(play, `/v1/lines/${on.id}/limit`, { limit })) !== null) on.limit = limit
  },
  async freeze(play, { line, freeze }) {
    await post(play, `/v1/lines/${pick(play.ledger.lines, line)!.id}/${freeze ? 'freeze' : 'unfreeze'}`)
  },
  async autopay(play, { line, token, amount }) {
    const autopay = token === null ? null : { token, amount }
    await post(play, `/v1/lines/${pick(play.ledger.lines, line)!.id}/autopay`, { autopay })
  },
  async advance(play, { days }) {
    const to = before(play.ledger.today, -days)
    // A date means its first moment, which has passed today.
    const moved = days === 0 ? null : await post<{ today: string }>(play, '/v1/clock/advance', { to })
    if (moved !== null) play.ledger.today = moved.today
  },
  async payOut(play, { payee }) {
    const { funderIds, merchantId } = play.world
    await post(
      play,
      '/v1/payouts',
      pick([{ merchantId }, { funderId: funderIds[0] }, { funderId: funderIds[1] }], payee),
    )
  },
}

export async function make(play: Play, move: Move): Promise<void> {
  const handler = handlers[move.kind] as (play: Play, move: Move) => Promise<void>
  await handler(play, move)
}
