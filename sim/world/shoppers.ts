/** What customers do on a day, each by a habit of their own. */
import { textOf } from '../auditor/arithmetic.ts'
import {
  buy,
  capture,
  type Charge,
  giveBackCredit,
  heldOf,
  type Line,
  owed,
  refund,
  release,
  repay,
  settle,
} from '../auditor/line.ts'
import { partsOf, settles, unpaid } from '../auditor/loan.ts'
import { type Chance, chanceOf } from './chance.ts'
import { agree, type Shopper, type World } from './world.ts'

export interface Habit {
  readonly pays: 'autopay' | 'bounces' | 'on-time' | 'early' | 'late' | 'never' | 'partial' | 'double' | 'settles' | 'ahead'
  /** Purchases a day. */
  readonly buys: number
  readonly most: number
  readonly plans: readonly string[]
  /** Part of purchases that go back. */
  readonly returns: number
  /** Part of purchases that are held first. */
  readonly holds: number
}

const plans = {
  bill: ['pay-later'],
  spread: ['3x', '6x', '12x', '3x-free'],
  both: ['pay-later', '3x', '6x', '12x', '3x-free'],
}

export function habitOf(chance: Chance): Habit {
  const big = chance.happens(0.1)
  return {
    pays: chance.pick(['autopay', 'autopay', 'bounces', 'on-time', 'on-time', 'early', 'late', 'never', 'partial', 'double', 'settles', 'ahead']),
    buys: big ? 0.08 : chance.pick([0.02, 0.03, 0.06]),
    most: big ? 900_000 : chance.pick([20_000, 60_000, 200_000]),
    plans: chance.pick([plans.bill, plans.spread, plans.both]),
    returns: chance.happens(0.2) ? 0.4 : 0.08,
    holds: chance.happens(0.2) ? 0.5 : 0.05,
  }
}

export async function liveDay(world: World): Promise<void> {
  for (const shopper of world.shoppers) {
    const chance = chanceOf(world.seed, shopper.number, world.auditor.today, 0x5d)
    if (chance.happens(shopper.habit.buys)) await purchase(world, shopper, chance)
    for (const charge of shopper.line.charges) await followUp(world, shopper, charge, chance)
    await payBills(world, shopper, chance)
    if (shopper.line.credit > 0 && chance.happens(0.02)) await takeCredit(world, shopper.line, chance)
  }
  const differing = await world.courier.echo()
  if (differing.length > 0) throw new Error(differing.join('\n'))
}

async function purchase(world: World, { habit, line }: Shopper, chance: Chance): Promise<void> {
  const merchant = world.auditor.merchants.get(chance.pick(world.merchants))!
  const order = {
    amount: chance.happens(0.1) ? chance.between(1, 300) : chance.between(500, habit.most),
    plan: chance.pick(habit.plans),
    capture: !chance.happens(habit.holds),
  }
  const body = { lineId: line.id, merchantId: merchant.id, currency: 'CNY', ...order }
  const answer = await world.courier.post('/v1/charges', body)
  const { today } = world.auditor
  agree(
    world,
    line,
    answer,
    (moves) => {
      buy(line, moves, { ...order, merchant, today, chargeId: answer.body.id, loanId: answer.body.loanIds?.[0] })
    },
    `a purchase of ${JSON.stringify(order)}`,
  )
}

async function followUp(world: World, shopper: Shopper, charge: Charge, chance: Chance): Promise<void> {
  if (charge.status === 'authorized' && chance.happens(0.3)) {
    if (chance.happens(0.2)) await giveUp(world, shopper.line, charge)
    else await collect(world, shopper.line, charge, chance)
  }
  const left = charge.captured - charge.refunded
  if (left > 0 && chance.happens(shopper.habit.returns / 30)) await bringBack(world, shopper.line, charge, left, chance)
}

async function giveUp(world: World, line: Line, charge: Charge): Promise<void> {
  const answer = await world.courier.post(`/v1/charges/${charge.id}/void`)
  agree(world, line, answer, () => release(charge, world.auditor.today, 'voided'), `void of ${charge.id}`)
}

async function collect(world: World, line: Line, charge: Charge, chance: Chance): Promise<void> {
  const left = heldOf(charge)
  const amount = chance.happens(0.5) ? left : chance.between(1, left)
  const final = chance.happens(0.5)
  const answer = await world.courier.post(`/v1/charges/${charge.id}/capture`, { amount, final })
  const order = { amount, final, today: world.auditor.today, loanId: answer.body.loanIds?.[0] }
  agree(world, line, answer, (moves) => capture(line, moves, charge, order), `capture of ${amount} of ${charge.id}`)
}

async function bringBack(world: World, line: Line, charge: Charge, left: number, chance: Chance): Promise<void> {
  const amount = chance.happens(0.5) ? left : chance.between(1, left + 1)
  const answer = await world.courier.post(`/v1/charges/${charge.id}/refunds`, { amount })
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
  const { credited, paidBack } = outcome
  if (body.credited !== credited || body.paidBack !== paidBack || body.debtReduced !== amount - credited - paidBack) {
    throw new Error(`refund of ${amount} of ${charge.id} was ${JSON.stringify(body)}, should be ${JSON.stringify(outcome)}`)
  }
}

/** What is unpaid of what is due by a day. */
function dueBy(line: Line, day: number): number {
  return line.loans
    .filter((loan) => loan.state.status === 'active')
    .flatMap((loan) => partsOf(loan.state))
    .filter((part) => part.due <= day)
    .reduce((sum, part) => sum + unpaid(part), 0)
}

async function payBills(world: World, { habit, line }: Shopper, chance: Chance): Promise<void> {
  const { today } = world.auditor
  const bill = line.bills.at(-1)
  if (habit.pays === 'ahead' && owed(line) > 0 && chance.happens(0.03)) {
    await pay(world, line, chance.between(1, Math.max(1, owed(line))), chance)
  }
  if (habit.pays === 'settles' && chance.happens(0.04)) await settleOne(world, line, chance)
  if (bill === undefined) return
  const due = dueBy(line, bill.dueOn)
  if (due === 0) return
  const after = today - bill.dueOn
  switch (habit.pays) {
    case 'early':
      if (today === bill.closedOn + 2) await pay(world, line, due, chance)
      return
    case 'on-time':
    case 'settles':
    case 'ahead':
      if (after === 0) await pay(world, line, due, chance)
      return
    case 'double':
      if (after !== -1) return
      await pay(world, line, due, chance)
      await pay(world, line, due, chance)
      return
    case 'late':
      if (after > 0 && chance.happens(0.1)) await pay(world, line, due, chance)
      return
    case 'partial':
      if (after === 0 || (after > 0 && chance.happens(0.05))) await pay(world, line, chance.between(1, due), chance)
      return
    default:
      return
  }
}

/** Money that sometimes was there some days before it was booked. */
async function pay(world: World, line: Line, amount: number, chance: Chance): Promise<void> {
  const { today } = world.auditor
  const on = chance.happens(0.15) ? today - chance.between(1, 12) : today
  const body = { lineId: line.id, amount, ...(on === today ? {} : { effectiveOn: textOf(on) }) }
  const answer = await world.courier.post('/v1/repayments', body)
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
  if (booked !== null && booked.credited !== line.repayments.at(-1)!.kept) {
    throw new Error(`of a repayment of ${amount} ${booked.credited} was kept, should be ${line.repayments.at(-1)!.kept}`)
  }
}

async function settleOne(world: World, line: Line, chance: Chance): Promise<void> {
  if (line.loans.length === 0) return
  const loan = chance.pick(line.loans)
  const amount = settles(loan.state, world.auditor.today)
  const answer = await world.courier.post(`/v1/loans/${loan.id}/settle`)
  const body = agree(
    world,
    line,
    answer,
    (moves) => {
      settle(line, moves, loan, world.auditor.today, answer.body.id)
    },
    `settling ${loan.id}`,
  )
  if (body !== null && body.amount !== amount) throw new Error(`settling ${loan.id} cost ${body.amount}, should be ${amount}`)
}

async function takeCredit(world: World, line: Line, chance: Chance): Promise<void> {
  const amount = chance.happens(0.5) ? null : chance.between(1, line.credit + 1)
  const answer = await world.courier.post(`/v1/lines/${line.id}/pay-back`, amount === null ? {} : { amount })
  agree(world, line, answer, (moves) => giveBackCredit(line, moves, amount), `paying back ${amount} of ${line.credit}`)
}
