/** What customers do on a day, each by a habit of their own. */
import { textOf } from '../auditor/arithmetic.ts'
import { billDifferences, chargeDifferences, repaymentDifferences } from '../auditor/compare.ts'
import {
  available,
  type Bill,
  buy,
  type Charge,
  capture,
  heldOf,
  isDisputed,
  type Line,
  type Loan,
  owed,
  refund,
  release,
} from '../auditor/line.ts'
import { settles } from '../auditor/loan.ts'
import { giveBackCredit, prepayLoan, repay, settle } from '../auditor/money.ts'
import { unpaid } from '../auditor/part.ts'
import { openFrom, partsOf } from '../auditor/state.ts'
import { type Chance, chanceOf } from './chance.ts'
import type { Desk } from './courier.ts'
import { agree, type Deeds, dealWith, describe, type Habit, type Shopper, same, type World } from './people.ts'

/** Gives what it takes up, one thing after the other; each is done before the next is asked for. */
export function* liveDay(world: World, desk: Desk, shopper: Shopper): Deeds {
  const chance = chanceOf(world.seed, shopper.number, world.auditor.today, 0x5d)
  if (chance.happens(shopper.habit.buys)) yield purchase(world, desk, shopper, chance)
  for (const charge of shopper.line.charges) yield* followUp(world, desk, shopper, charge, chance)
  yield* payBills(world, desk, shopper, chance)
  if (shopper.line.credit > 0 && chance.happens(0.02)) yield takeCredit(world, desk, shopper.line, chance)
}

async function purchase(world: World, desk: Desk, shopper: Shopper, chance: Chance): Promise<void> {
  const { habit, line } = shopper
  const merchant = world.auditor.merchants.get(chance.pick(world.merchants))!
  const usual = chance.happens(0.1) ? chance.between(1, 300) : chance.between(500, habit.most)
  // All that the limit leaves, or a cent more.
  const amount = chance.happens(0.01) ? available(line) + chance.between(0, 1) : usual
  const order = {
    amount: Math.max(1, amount),
    plan: chance.pick(habit.plans),
    capture: !chance.happens(habit.holds),
  }
  await dealWith(world, desk, shopper, merchant, async (at) => {
    const answer = await at.post('/v1/charges', { lineId: line.id, merchantId: merchant.id, currency: 'CNY', ...order })
    const { today } = world.auditor
    const what = `a purchase of ${JSON.stringify(order)}`
    const body = agree(
      world,
      line,
      answer,
      (moves) => {
        buy(line, moves, { ...order, merchant, today, chargeId: answer.body.id, loanId: answer.body.loanIds?.[0] })
      },
      what,
    )
    if (body !== null) same(chargeDifferences(line.charges.at(-1)!, body), what, line)
  })
}

function* followUp(world: World, desk: Desk, shopper: Shopper, charge: Charge, chance: Chance): Deeds {
  const { line, habit } = shopper
  if (charge.status === 'authorized' && chance.happens(0.3)) {
    const own = chanceOf(world.seed, shopper.number, world.auditor.today, 0xca)
    if (chance.happens(0.2)) yield giveUp(world, desk, line, charge)
    else yield dealWith(world, desk, shopper, charge.merchant, (at) => collect(world, at, line, charge, own))
  }
  if (charge.captured > charge.refunded && chance.happens(habit.returns / 30)) {
    const own = chanceOf(world.seed, shopper.number, world.auditor.today, 0xbb)
    yield dealWith(world, desk, shopper, charge.merchant, (at) => bringBack(world, at, line, charge, own))
  }
}

async function giveUp(world: World, desk: Desk, line: Line, charge: Charge): Promise<void> {
  const answer = await desk.post(`/v1/charges/${charge.id}/void`)
  const body = agree(world, line, answer, () => release(charge, world.auditor.today, 'voided'), `void of ${charge.id}`)
  if (body !== null) same(chargeDifferences(charge, body), `void of ${charge.id}`, line)
}

async function collect(world: World, desk: Desk, line: Line, charge: Charge, chance: Chance): Promise<void> {
  const left = heldOf(charge)
  const amount = chance.happens(0.5) ? left : chance.between(1, left + 1)
  const final = chance.happens(0.5)
  const answer = await desk.post(`/v1/charges/${charge.id}/capture`, { amount, final })
  const order = { amount, final, today: world.auditor.today, loanId: answer.body.loanIds?.[0] }
  const what = `capture of ${amount} of ${charge.id}`
  const body = agree(world, line, answer, (moves) => capture(line, moves, charge, order), what)
  if (body !== null) same(chargeDifferences(charge, body), what, line)
}

export async function bringBack(world: World, desk: Desk, line: Line, charge: Charge, chance: Chance): Promise<void> {
  const left = charge.captured - charge.refunded
  // All of it may have come back before its turn, as a dispute was upheld.
  if (left === 0) return
  const amount = chance.happens(0.5) ? left : chance.between(1, left + 1)
  const answer = await desk.post(`/v1/charges/${charge.id}/refunds`, { amount })
  let outcome = { credited: 0, paidBack: 0 }
  const body = agree(
    world,
    line,
    answer,
    (moves) => {
      outcome = refund(line, moves, charge, amount, world.auditor.today)
    },
    `refund of ${amount} of ${charge.id}`,
  )
  if (body === null) return
  same(chargeDifferences(charge, body.charge), `refund of ${amount} of ${charge.id}`, line)
  const { credited, paidBack } = outcome
  if (body.credited !== credited || body.paidBack !== paidBack || body.debtReduced !== amount - credited - paidBack) {
    throw new Error(
      `refund of ${amount} of ${charge.id} was ${JSON.stringify(body)}, should be ${JSON.stringify(outcome)}. ${describe(line)}`,
    )
  }
}

/** What is unpaid of what is due by a day and not in dispute. */
function dueBy(line: Line, day: number): number {
  return line.loans
    .filter((loan) => loan.state.status === 'active' && openFrom(loan.state) <= day && !isDisputed(line, loan))
    .flatMap((loan) => partsOf(loan.state))
    .filter((part) => part.due <= day)
    .reduce((sum, part) => sum + unpaid(part), 0)
}

function* payBills(world: World, desk: Desk, { habit, line }: Shopper, chance: Chance): Deeds {
  const { today } = world.auditor
  const bill = line.bills.at(-1)
  if (habit.pays === 'ahead' && owed(line) > 0 && chance.happens(0.03)) {
    yield pay(world, desk, line, chance.between(1, Math.max(1, owed(line))), chance)
  }
  if (chance.happens(habit.pays === 'ahead' ? 0.04 : 0.003)) yield prepayOne(world, desk, line, chance)
  if (habit.pays === 'settles' && chance.happens(0.04)) yield settleOne(world, desk, line, chance)
  if (bill === undefined) return
  const after = today - bill.dueOn
  const due = paysToday(habit, bill, today) ? dueBy(line, bill.dueOn) : 0
  if (due === 0) return
  if (habit.pays !== 'minimum' && chance.happens(0.1)) yield readBill(world, desk, line, bill)
  switch (habit.pays) {
    case 'minimum':
      yield payMinimum(world, desk, line, bill, chance)
      return
    case 'double':
      yield pay(world, desk, line, due, chance)
      yield pay(world, desk, line, due, chance)
      return
    case 'late':
      if (chance.happens(0.1)) yield pay(world, desk, line, due, chance)
      return
    case 'partial':
      if (after === 0 || chance.happens(0.05)) yield pay(world, desk, line, chance.between(1, due), chance)
      return
    default:
      yield pay(world, desk, line, due, chance)
  }
}

/** Whether it is a day on which such people pay a bill, or may. */
function paysToday({ pays }: Habit, { closedOn, dueOn }: Bill, today: number): boolean {
  switch (pays) {
    case 'early':
      return today === closedOn + 2
    case 'on-time':
    case 'settles':
    case 'ahead':
    case 'minimum':
      return today === dueOn
    case 'double':
      return today === dueOn - 1
    case 'late':
      return today > dueOn
    case 'partial':
      return today >= dueOn
    default:
      return false
  }
}

/** No more than the bill wants at least, as the bill itself says. */
async function payMinimum(world: World, desk: Desk, line: Line, bill: Bill, chance: Chance): Promise<void> {
  await readBill(world, desk, line, bill)
  await pay(world, desk, line, bill.minimum, chance)
}

/** The bill as the server shows it is held against the auditor's. */
export async function readBill(world: World, desk: Desk, line: Line, bill: Bill): Promise<void> {
  const { body } = await desk.get(`/v1/statements?lineId=${line.id}&limit=1`)
  const differences = billDifferences(line, bill, body.data[0], world.auditor.today)
  same(differences, 'a bill', line)
}

/** Money that sometimes was there some days before it was booked. */
export async function pay(world: World, desk: Desk, line: Line, amount: number, chance: Chance): Promise<void> {
  const { today } = world.auditor
  const late = chance.happens(0.15) ? chance.between(1, 12) : 0
  const on = chance.happens(0.005) ? today + 1 : today - late
  const body = { lineId: line.id, amount, ...(on === today ? {} : { effectiveOn: textOf(on) }) }
  const answer = await desk.post('/v1/repayments', body)
  const money = { amount, source: 'customer' as const, on, today, loanId: null, until: null }
  const booked = agree(
    world,
    line,
    answer,
    (moves) => {
      repay(line, moves, money, answer.body.id)
    },
    `repayment of ${amount} of ${textOf(on)}`,
  )
  if (booked !== null) same(repaymentDifferences(line, line.repayments.at(-1)!, booked), `repayment of ${amount}`, line)
}

async function settleOne(world: World, desk: Desk, line: Line, chance: Chance): Promise<void> {
  if (line.loans.length === 0) return
  const loan = chance.pick(line.loans)
  if (chance.happens(0.3) && loan.state.status === 'active')
    await askWhatSettles(world, desk, loan, chance.between(0, 40))
  const amount = settles(loan.state, world.auditor.today)
  const answer = await desk.post(`/v1/loans/${loan.id}/settle`)
  const body = agree(
    world,
    line,
    answer,
    (moves) => {
      settle(line, moves, loan, world.auditor.today, answer.body.id)
    },
    `settling ${loan.id}`,
  )
  if (body === null) return
  if (body.amount !== amount) throw new Error(`settling ${loan.id} cost ${body.amount}, should be ${amount}`)
  same(repaymentDifferences(line, line.repayments.at(-1)!, body), `settling ${loan.id}`, line)
}

/** What would settle a loan some days from now. */
async function askWhatSettles(world: World, desk: Desk, loan: Loan, days: number): Promise<void> {
  const on = world.auditor.today + days
  const { body } = await desk.get(`/v1/loans/${loan.id}/payoff?on=${textOf(on)}`)
  const should = settles(loan.state, on)
  if (body.total !== should || body.principal + body.interest + body.fee + body.penalty !== should)
    throw new Error(`on ${textOf(on)} ${loan.id} is settled by ${JSON.stringify(body)}, should be ${should}`)
}

/** Part of a loan whose interest goes by days, so that it ends sooner or costs less a month; sometimes all of it, or more. */
async function prepayOne(world: World, desk: Desk, line: Line, chance: Chance): Promise<void> {
  const byDays = line.loans.filter((loan) => loan.facts.plan.method === 'level')
  if (byDays.length === 0) return
  const { today } = world.auditor
  const loan = chance.pick(byDays)
  const most = settles(loan.state, today)
  const amount = chance.happens(0.1) ? most + chance.between(0, 1) : chance.between(1, Math.max(1, most))
  const effect = loan.facts.price % 2 === 0 ? ('shorten' as const) : ('lower' as const)
  if (amount === 0) return
  const answer = await desk.post(`/v1/loans/${loan.id}/prepay`, { amount, effect })
  const order = { amount, effect, today, id: answer.body.id }
  const what = `prepaying ${amount} of ${loan.id}, to ${effect}`
  const body = agree(
    world,
    line,
    answer,
    (moves) => {
      prepayLoan(line, moves, loan, order)
    },
    what,
  )
  if (body !== null) same(repaymentDifferences(line, line.repayments.at(-1)!, body), what, line)
}

async function takeCredit(world: World, desk: Desk, line: Line, chance: Chance): Promise<void> {
  const amount = chance.happens(0.5) ? null : chance.between(1, line.credit + 1)
  const answer = await desk.post(`/v1/lines/${line.id}/pay-back`, amount === null ? {} : { amount })
  agree(world, line, answer, (moves) => giveBackCredit(line, moves, amount), `paying back ${amount} of ${line.credit}`)
}
