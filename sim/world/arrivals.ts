/** Customers who come in: who they are, and the line they are given. */
import { lineDifferences } from '../auditor/compare.ts'
import { openLine, setAutopay } from '../auditor/line.ts'
import { type Chance, chanceOf } from './chance.ts'
import type { Desk } from './courier.ts'
import { agree, type Habit, type Shopper, type World } from './people.ts'

/** A new customer with a line in one of the products. */
export async function comeIn(world: World, desk: Desk, number: number): Promise<Shopper> {
  const { auditor, products, seed } = world
  const chance = chanceOf(seed, number, 0, 0xc0)
  const person = await desk.post('/v1/customers', { name: 'Lin', reference: `person-${number}` })
  const { facts } = chance.pick(products)
  const minor = chance.happens(0.01)
  const profile = minor ? { profile: { age: 16 } } : {}
  const { status, body } = await desk.post('/v1/lines', { customerId: person.body.id, programId: facts.id, ...profile })
  if (status !== 201) throw new Error(`a line was refused: ${JSON.stringify(body)}`)
  const line = openLine(body.id, facts, auditor.today, minor)
  const differences = lineDifferences(line, body)
  if (differences.length > 0) throw new Error(`line ${line.id}: ${differences.join('; ')}`)
  auditor.lines.set(line.id, line)
  const disputes = chanceOf(seed, number, 0, 0xd0).happens(0.05) ? often : seldom
  const habit = { ...habitOf(chance), disputes, ...world.custom }
  if (habit.pays === 'autopay' || habit.pays === 'bounces') {
    const token = chance.happens(0.1) ? 'tok_insufficient' : 'tok_ok'
    const autopay = { token, amount: chance.happens(0.3) ? ('minimum' as const) : ('total' as const) }
    const answer = await desk.post(`/v1/lines/${line.id}/autopay`, { autopay })
    agree(world, line, answer, () => setAutopay(line, autopay), `autopay of line ${line.id}`)
  }
  return { number, habit, line }
}

const plans = {
  bill: ['pay-later'],
  spread: ['3x', '6x', '12x', '3x-free'],
  byDays: ['3x-daily', '6x-daily', '12x-daily'],
  both: ['pay-later', '3x', '6x', '12x', '3x-free', '3x-daily', '6x-daily', '12x-daily'],
}

/** Chances a day, by which some 1.5 % of purchases are disputed in the end. */
const seldom = 0.0006
const often = 0.012

function habitOf(chance: Chance): Omit<Habit, 'disputes'> {
  const big = chance.happens(0.1)
  return {
    pays: chance.pick([
      'autopay',
      'autopay',
      'bounces',
      'on-time',
      'on-time',
      'early',
      'late',
      'never',
      'partial',
      'minimum',
      'minimum',
      'double',
      'settles',
      'ahead',
    ]),
    buys: big ? 0.08 : chance.pick([0.02, 0.03, 0.06]),
    most: big ? 900_000 : chance.pick([20_000, 60_000, 200_000]),
    plans: chance.pick([plans.bill, plans.spread, plans.byDays, plans.both]),
    returns: chance.happens(0.2) ? 0.4 : 0.08,
    holds: chance.happens(0.2) ? 0.5 : 0.05,
  }
}
