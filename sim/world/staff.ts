/** What staff do on a day: limits, freezes, bounced debits, help in hardship, losses, payouts, new terms. */
import { nextDayNumbered, textOf } from '../auditor/arithmetic.ts'
import { repaymentDifferences } from '../auditor/compare.ts'
import {
  daysPastDue,
  type Line,
  type Loan,
  planAnew,
  type Repayment,
  setLimit,
  setStatus,
  waive,
  writeOff,
} from '../auditor/line.ts'
import { reverse } from '../auditor/money.ts'
import { unpaidInterest, unpaidPenalty } from '../auditor/part.ts'
import { partsOf } from '../auditor/state.ts'
import { comeIn } from './arrivals.ts'
import { type Chance, chanceOf } from './chance.ts'
import { factsOf, revised, termsOf } from './contracts.ts'
import type { Desk, Json } from './courier.ts'
import { agree, type Deeds, type Shopper, same, type World } from './people.ts'

/** What concerns everybody; done before the day's dealings. */
export async function workDay(world: World): Promise<void> {
  const { today } = world.auditor
  const chance = chanceOf(world.seed, today, 0, 0x57)
  if (today % 7 === 4) await settleWithFunders(world)
  if (today % 7 === 2) await payByHand(world)
  if (chance.happens(0.01)) await newTerms(world, chance)
  if (chance.happens(0.05)) world.shoppers.push(await comeIn(world, world.courier, world.shoppers.length))
}

/** What concerns one customer. */
export function* lookAfter(world: World, desk: Desk, shopper: Shopper): Deeds {
  const chance = chanceOf(world.seed, shopper.number, world.auditor.today, 0x57)
  yield* watch(world, desk, shopper.line, chance)
  if (shopper.habit.pays === 'bounces' || chance.happens(0.001)) yield* bounce(world, desk, shopper.line, chance)
}

function* watch(world: World, desk: Desk, line: Line, chance: Chance): Deeds {
  if (chance.happens(0.004)) yield changeLimit(world, desk, line, chance)
  if (line.status === 'frozen' ? chance.happens(0.1) : chance.happens(0.001)) yield changeStatus(world, desk, line)
  if (chance.happens(0.0005)) yield closeLine(world, desk, line)
  for (const loan of line.loans) {
    if (loan.state.status !== 'active') continue
    const late = daysPastDue(loan, world.auditor.today)
    if (late >= line.program.writeOffAfterDays - 1 && chance.happens(0.1)) yield giveUp(world, desk, line, loan)
    else if (late > 0 && chance.happens(0.01)) yield help(world, desk, line, loan, chance)
    else if (chance.happens(0.001)) yield help(world, desk, line, loan, chance)
    if (chance.happens(late > 3 ? 0.02 : 0.0005)) yield forgive(world, desk, line, loan, chance)
  }
}

async function changeLimit(world: World, desk: Desk, line: Line, chance: Chance): Promise<void> {
  const usual = chance.happens(0.5) ? chance.between(50_000, 400_000) : chance.between(400_000, 3_000_000)
  const limit = chance.happens(0.05) ? line.program.highestLimit + chance.between(0, 1) : usual
  const answer = await desk.post(`/v1/lines/${line.id}/limit`, { limit })
  agree(world, line, answer, () => setLimit(line, limit), `limit ${limit}`)
}

async function changeStatus(world: World, desk: Desk, line: Line): Promise<void> {
  const freezes = line.status !== 'frozen'
  const answer = await desk.post(`/v1/lines/${line.id}/${freezes ? 'freeze' : 'unfreeze'}`)
  agree(world, line, answer, () => setStatus(line, freezes ? 'frozen' : 'active'), freezes ? 'freeze' : 'unfreeze')
}

async function closeLine(world: World, desk: Desk, line: Line): Promise<void> {
  const answer = await desk.post(`/v1/lines/${line.id}/close`)
  agree(world, line, answer, () => setStatus(line, 'closed'), 'close')
}

export async function giveUp(world: World, desk: Desk, line: Line, loan: Loan): Promise<void> {
  const answer = await desk.post(`/v1/loans/${loan.id}/write-off`, { reason: 'gone' })
  agree(world, line, answer, (moves) => writeOff(line, moves, loan, world.auditor.today), `write-off of ${loan.id}`)
}

async function help(world: World, desk: Desk, line: Line, loan: Loan, chance: Chance): Promise<void> {
  const { today } = world.auditor
  const instalments = chance.between(1, 8)
  const firstDue = nextDayNumbered(today + chance.between(1, 40), line.program.dueDay)
  // Dearer than any loan is: to be refused.
  const percent = chance.happens(0.3) ? '0' : chance.happens(0.05) ? '300' : null
  const body = {
    instalments,
    firstDueOn: textOf(firstDue),
    ...(percent === null ? {} : { annualRatePercent: percent }),
  }
  const answer = await desk.post(`/v1/loans/${loan.id}/reschedule`, body)
  const order = { instalments, firstDue, percent, today }
  agree(world, line, answer, (moves) => planAnew(line, moves, loan, order), `new plan for ${loan.id}`)
}

async function forgive(world: World, desk: Desk, line: Line, loan: Loan, chance: Chance): Promise<void> {
  const component = chance.happens(0.8) ? 'penalty' : 'interest'
  const owing = partsOf(loan.state).reduce(
    (sum, part) => sum + (component === 'penalty' ? unpaidPenalty(part) : unpaidInterest(part)),
    0,
  )
  const amount = chance.happens(0.5) ? owing + chance.between(0, 1) : chance.between(1, Math.max(1, owing))
  if (amount === 0) return
  const answer = await desk.post(`/v1/loans/${loan.id}/waive`, { component, amount })
  agree(
    world,
    line,
    answer,
    (moves) => waive(line, moves, loan, component, amount, world.auditor.today),
    `waiver of ${amount} ${component} of ${loan.id}`,
  )
}

/** A debit that came back some days later, by autopay or not. */
function* bounce(world: World, desk: Desk, line: Line, chance: Chance): Deeds {
  const { today } = world.auditor
  // The bank says of some a second time that they came back, which is to be refused.
  const twice = chance.happens(0.05)
  const recent = line.repayments.filter(
    ({ on, reversed, source, id }) => today - on < 15 && source !== 'credit' && (!reversed || (twice && id !== '')),
  )
  if (recent.length === 0 || !chance.happens(0.25)) return
  yield bringBack(world, desk, line, chance.pick(recent))
}

async function bringBack(world: World, desk: Desk, line: Line, repayment: Repayment): Promise<void> {
  const id = repayment.id === '' ? await idOf(desk, line, repayment) : repayment.id
  const answer = await desk.post(`/v1/repayments/${id}/reverse`, { reason: 'bounced' })
  const body = agree(world, line, answer, (moves) => reverse(line, moves, repayment), `reversal of ${id}`)
  if (body !== null) same(repaymentDifferences(line, repayment, body), `reversal of ${id}`, line)
}

/** Nobody was told the id of what autopay collected at night. */
async function idOf(desk: Desk, line: Line, repayment: Repayment): Promise<string> {
  const { body } = await desk.get(`/v1/repayments?lineId=${line.id}&limit=1000`)
  const found = body.data.find(
    (shown: Json) =>
      shown.source === repayment.source &&
      shown.effectiveOn === textOf(repayment.on) &&
      shown.amount === repayment.amount,
  )
  if (found === undefined)
    throw new Error(
      `autopay should have collected ${repayment.amount} on ${textOf(repayment.on)}: ${JSON.stringify(body.data)}`,
    )
  repayment.id = found.id
  return found.id
}

async function settleWithFunders(world: World): Promise<void> {
  for (const funderId of world.funders) await payOut(world, { funderId })
}

async function payByHand(world: World): Promise<void> {
  for (const merchant of world.auditor.merchants.values()) {
    if (merchant.timing === 'manual') await payOut(world, { merchantId: merchant.id })
  }
}

async function payOut(world: World, payee: { merchantId: string } | { funderId: string }): Promise<void> {
  const { status, body } = await world.courier.post('/v1/payouts', payee)
  const should = world.auditor.payOut(payee)
  const refusal = should === 0 ? 'nothing-to-pay-out' : null
  const amount = body.direction === 'collect' ? -body.amount : body.amount
  const asShould = refusal === null ? amount === should && body.file.includes(`,${inText(body.amount)},`) : true
  if ((status < 300 ? null : body.code) === refusal && asShould) return
  throw new Error(`payout to ${JSON.stringify(payee)}: ${JSON.stringify(body)}, should be ${refusal ?? should}`)
}

/** As the bank reads it. */
function inText(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
}

/** For lines opened from now on. */
async function newTerms(world: World, chance: Chance): Promise<void> {
  const product = chance.pick(world.products)
  const design = revised(product.design, chance)
  const facts = factsOf(design, product.facts.id, product.facts.version + 1)
  const { status } = await world.courier.post(`/v1/programs/${facts.id}/terms`, { terms: termsOf(facts) })
  const activated = await world.courier.post(`/v1/programs/${facts.id}/activate`)
  const quoted = await world.courier.post('/v1/quotes', { programId: facts.id, amount: 100_000 })
  if (status >= 300 || activated.status >= 300 || quoted.status >= 300)
    throw new Error(`new terms were refused: ${JSON.stringify(activated.body)}`)
  Object.assign(product, { design, facts })
}
