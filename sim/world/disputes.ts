/** Customers who say that something is wrong with what they bought, and staff who decide it some days later. */
import { disputeDifferences, repaymentDifferences } from '../auditor/compare.ts'
import { dispute, type Resolution, resolve } from '../auditor/dispute.ts'
import { type Charge, type Dispute, daysPastDue, type Line, owed } from '../auditor/line.ts'
import { repay } from '../auditor/money.ts'
import { type Chance, chanceOf } from './chance.ts'
import { type Desk, type Json, readWhole } from './courier.ts'
import { agree, type Deeds, dealWith, type Shopper, same, type World } from './people.ts'
import { bringBack, pay, readBill } from './shoppers.ts'
import { giveUp } from './staff.ts'

const reasons = [
  'not-received',
  'not-as-described',
  'unauthorized',
  'duplicate',
  'wrong-amount',
  'refund-not-received',
  'other',
] as const

/** Days after a purchase within which anybody thinks of a dispute. */
const thoughtOfDays = 90

/** What customers do: a stream of their own, so that whoever has nothing to dispute lives as without disputes. */
export function* complain(world: World, desk: Desk, shopper: Shopper): Deeds {
  const { line, habit, number } = shopper
  if (line.charges.length === 0) return
  const chance = chanceOf(world.seed, number, world.auditor.today, 0xd1)
  for (const charge of line.charges) {
    if (chance.happens(habit.disputes) && isThoughtOf(world, line, charge, chance)) {
      yield dealWith(world, desk, shopper, charge.merchant, openingOf(world, line, charge, chance))
    }
  }
  for (const { status, charge } of line.disputes) if (status === 'open') yield* waitFor(world, desk, shopper, charge)
}

/** Above all of what somebody was asked for and does not want to pay; now and then of what is only held. */
function isThoughtOf({ auditor: { today } }: World, line: Line, charge: Charge, chance: Chance): boolean {
  const loan = line.loans.find(({ chargeId }) => chargeId === charge.id)
  if (loan === undefined) return chance.happens(0.1)
  const isLate = daysPastDue(loan, today) > 0
  return today - loan.facts.openedOn <= thoughtOfDays && (isLate || chance.happens(0.25))
}

/** Of all, of a part, or of a cent more than there is; some think better of it at once. */
function openingOf(world: World, line: Line, charge: Charge, chance: Chance) {
  const of = chance.pick(['all', 'all', 'all', 'part', 'part'] as const)
  const thousandth = chance.between(1, 1_000)
  const isTooMuch = chance.happens(0.05)
  const reason = chance.pick(reasons)
  const thinksBetter = chance.happens(0.05)
  return async (desk: Desk): Promise<void> => {
    const left = charge.captured - charge.refunded
    const part = Math.max(1, Math.ceil((left * thousandth) / 1_000))
    const amount = isTooMuch ? left + 1 : of === 'all' ? null : part
    const opened = await open(world, desk, line, charge, { amount, reason })
    if (opened !== null && thinksBetter) await decide(world, desk, line, opened, { outcome: 'withdrawn', amount: null })
  }
}

async function open(
  world: World,
  desk: Desk,
  line: Line,
  charge: Charge,
  order: { amount: number | null; reason: string },
): Promise<Dispute | null> {
  const { amount, reason } = order
  const body = { ...(amount === null ? {} : { amount }), reason }
  const answer = await desk.post(`/v1/charges/${charge.id}/disputes`, body)
  const asked = { ...order, id: answer.body.id, today: world.auditor.today }
  const what = `a dispute of ${amount ?? 'all'} of ${charge.id}`
  const shown = agree(world, line, answer, (moves) => dispute(line, moves, charge, asked), what)
  if (shown === null) return null
  const opened = line.disputes.at(-1)!
  same(disputeDifferences(line, opened, shown), what, line)
  return opened
}

/** While nobody has decided: they say so again, bring goods back, pay what they dispute, or pay the line and not that. */
function* waitFor(world: World, desk: Desk, shopper: Shopper, charge: Charge): Deeds {
  const { line, number } = shopper
  const place = line.charges.indexOf(charge)
  const chance = chanceOf(world.seed, number, world.auditor.today, 0xd300 + place)
  if (chance.happens(0.02))
    yield dealWith(world, desk, shopper, charge.merchant, openingOf(world, line, charge, chance))
  if (chance.happens(0.04)) {
    yield dealWith(world, desk, shopper, charge.merchant, (at) => bringBack(world, at, line, charge, chance))
  }
  if (chance.happens(0.03)) yield payDisputed(world, desk, line, charge, chance)
  if (owed(line) > 0 && chance.happens(0.02)) yield pay(world, desk, line, chance.between(1, owed(line)), chance)
  const bill = line.bills.at(-1)
  if (bill !== undefined && chance.happens(0.1)) yield readBill(world, desk, line, bill)
}

/** Money for the disputed loan itself, which takes it. */
async function payDisputed(world: World, desk: Desk, line: Line, charge: Charge, chance: Chance): Promise<void> {
  const loan = chance.pick(line.loans.filter(({ chargeId }) => chargeId === charge.id))
  const amount = chance.between(1, loan.facts.price)
  const { today: on } = world.auditor
  const answer = await desk.post('/v1/repayments', { loanId: loan.id, amount })
  const money = { amount, source: 'customer' as const, on, today: on, loanId: loan.id, until: null }
  const what = `repayment of ${amount} for ${loan.id} in dispute`
  const body = agree(
    world,
    line,
    answer,
    (moves) => {
      repay(line, moves, money, answer.body.id)
    },
    what,
  )
  if (body !== null) same(repaymentDifferences(line, line.repayments.at(-1)!, body), what, line)
}

/** Most are decided within some days, some drag on over bills and due days. */
const decidedADay = { soon: 0.12, slowly: 0.02 }
/** Days after a decision on which somebody may decide once more, to be refused. */
const decidedAgainDays = 10

/** What staff do. */
export function* judge(world: World, desk: Desk, shopper: Shopper): Deeds {
  const { line, number } = shopper
  if (line.disputes.length === 0) return
  const { today } = world.auditor
  const chance = chanceOf(world.seed, number, today, 0xd2)
  for (const own of line.disputes) {
    const drags = (own.charge.amount + own.openedOn) % 4 === 0
    const decide = () => dealWith(world, desk, shopper, own.charge.merchant, decisionOf(world, line, own, chance))
    if (own.status !== 'open') {
      if (today - own.resolvedOn! <= decidedAgainDays && chance.happens(0.01)) yield decide()
    } else if (chance.happens(drags ? decidedADay.slowly : decidedADay.soon)) {
      yield decide()
    } else if (chance.happens(0.02)) {
      yield giveUp(world, desk, line, chance.pick(line.loans.filter(({ chargeId }) => chargeId === own.charge.id)))
    }
  }
}

type Decision = Omit<Resolution, 'today'>

function decisionOf(world: World, line: Line, own: Dispute, chance: Chance): (desk: Desk) => Promise<void> {
  const decision = drawDecision(own, chance)
  const looks = chance.happens(0.3)
  return async (desk) => {
    await decide(world, desk, line, own, decision)
    if (looks) await lookUp(desk, line, own)
  }
}

/** Now and then a part of what is not upheld, or a cent more than is disputed. */
function drawDecision(own: Dispute, chance: Chance): Decision {
  const outcome = chance.pick(['upheld', 'upheld', 'upheld', 'rejected', 'rejected', 'withdrawn'] as const)
  const inPart = outcome === 'upheld' ? chance.happens(0.4) : chance.happens(0.03)
  const amount = chance.happens(0.05) ? own.amount + 1 : chance.between(1, own.amount)
  return { outcome, amount: inPart ? amount : null }
}

async function decide(world: World, desk: Desk, line: Line, own: Dispute, decision: Decision): Promise<void> {
  const { outcome, amount } = decision
  const body = { outcome, ...(amount === null ? {} : { amount }) }
  const answer = await desk.post(`/v1/disputes/${own.id}/resolve`, body)
  const what = `${own.id} ${outcome}${amount === null ? '' : ` for ${amount}`}`
  const shown = agree(
    world,
    line,
    answer,
    (moves) => resolve(line, moves, own, { ...decision, today: world.auditor.today }),
    what,
  )
  if (shown !== null) same(disputeDifferences(line, own, shown), what, line)
}

/** A dispute as it is read later. */
async function lookUp(desk: Desk, line: Line, own: Dispute): Promise<void> {
  const { body } = await desk.get(`/v1/disputes/${own.id}`)
  same(disputeDifferences(line, own, body), `dispute ${own.id}`, line)
}

/** Those that are to be decided, as the server lists them, against all that the auditor knows. */
export async function openFindings({ auditor, courier }: World): Promise<string[]> {
  const shown = new Map<string, Json>((await readWhole(courier, '/v1/disputes')).map((one) => [one.id, one]))
  const found: string[] = []
  for (const line of auditor.lines.values()) {
    for (const own of line.disputes.filter(({ status }) => status === 'open')) {
      const listed = shown.get(own.id)
      const differences = listed === undefined ? ['is not among the open ones'] : disputeDifferences(line, own, listed)
      found.push(...differences.map((difference) => `dispute ${own.id}: ${difference}`))
      shown.delete(own.id)
    }
  }
  return [...found, ...[...shown.keys()].map((id) => `dispute ${id}: is not open any more`)]
}
