/** The sandbox of a replay: one program, merchants and customers as they come. */
import { createHash } from 'node:crypto'
import { formatMinor, type Minor, minMinor } from '../../core/money.ts'
import type * as api from '../http/api.ts'
import type { Client } from '../http/client.ts'
import { type Habit, type PlanCode, smallestFor, unitOf } from './behaviour.ts'

export const cycle = { statementDay: 3, dueDay: 17 } as const
export const writeOffAfterDays = 180
const graceDays = 3
const latePercent = '5'
const merchantFeePercent = '1.5'
const funderShares = [7_000, 3_000] as const

export interface World {
  readonly client: Client
  readonly currency: string
  readonly programId: string
  readonly names: ReadonlyMap<string, string>
  merchantId(name: string): Promise<string>
  openLine(customer: string, habit: Habit): Promise<api.Line>
}

/** What a reader of the report has to know of the product. */
export function termsInWords(currency: string, limit: Minor): string[] {
  const { ceiling } = lateCharge(currency)
  return [
    `Limit ${formatMinor(limit, currency)} ${currency} for every customer; bills on the ${cycle.statementDay}rd, due on the ${cycle.dueDay}th.`,
    'Plans: pay-later free of charge; 3x-free, three instalments at the merchant’s cost (1 % a bill); 6x, six at 1 % of the price a bill; 12x, twelve equal instalments at 14.9 % a year.',
    `Late charge ${latePercent} % of what is late after ${graceDays} days of grace, once for each instalment, at most ${formatMinor(ceiling, currency)}; purchases are refused from 5 days past due; written off after ${writeOffAfterDays}.`,
    `Merchants pay ${merchantFeePercent} % and are paid the day after (T+1). Two funders lend ${funderShares.map((share) => share / 100).join(' and ')} %.`,
  ]
}

function lateCharge(currency: string) {
  return { graceDays, percent: latePercent, floor: 0n, ceiling: 12n * unitOf(currency) }
}

export async function makeWorld(client: Client, currency: string, limit: Minor): Promise<World> {
  const names = new Map<string, string>()
  const funderIds: string[] = []
  for (const name of ['First funder', 'Second funder']) {
    const { id } = await client.post<api.Created>('/v1/funders', { name })
    funderIds.push(id)
    names.set(id, name)
  }
  const terms = programTerms(currency, limit, funderIds)
  const program = await client.post<api.Created>('/v1/programs', { name: 'Replay', terms })
  await client.post(`/v1/programs/${program.id}/activate`)
  names.set(program.id, 'program')
  const merchants = new Map<string, Promise<string>>()
  return {
    client,
    currency,
    programId: program.id,
    names,
    merchantId: (name) => {
      const known = merchants.get(name) ?? enterMerchant(client, name, names)
      merchants.set(name, known)
      return known
    },
    openLine: (customer, habit) => openLine(client, program.id, customer, habit),
  }
}

function programTerms(currency: string, limit: Minor, funderIds: readonly string[]) {
  const plan = (code: PlanCode) => ({ code, minAmount: smallestFor(code, currency) })
  return {
    currency,
    rulePack: 'none',
    lenderType: 'consumer-finance',
    limit: { min: minMinor(limit, unitOf(currency)), max: limit, initial: limit },
    cycle,
    plans: [
      {
        ...plan('pay-later'),
        method: 'bullet',
        instalments: 1,
        rate: { per: 'period', percent: '0' },
        paidBy: 'customer',
      },
      { ...plan('3x-free'), method: 'flat', instalments: 3, rate: { per: 'period', percent: '1' }, paidBy: 'merchant' },
      { ...plan('6x'), method: 'flat', instalments: 6, rate: { per: 'period', percent: '1' }, paidBy: 'customer' },
      {
        ...plan('12x'),
        method: 'equal-instalment',
        instalments: 12,
        rate: { per: 'year', percent: '14.9' },
        paidBy: 'customer',
      },
    ],
    lateCharge: lateCharge(currency),
    merchantFeePercent,
    refundSurplus: 'credit',
    funding: {
      shares: funderIds.map((funderId, index) => ({ funderId, basisPoints: funderShares[index] })),
      serviceFeeBasisPoints: 2_000,
    },
    suspendAfterDays: 5,
    writeOffAfterDays,
  }
}

async function enterMerchant(client: Client, name: string, names: Map<string, string>): Promise<string> {
  const { id } = await client.post<api.Created>('/v1/merchants', { name, payoutTiming: 'T+1' }, keyOf('merchant', name))
  names.set(id, name)
  return id
}

async function openLine(client: Client, programId: string, customer: string, habit: Habit): Promise<api.Line> {
  const person = { name: `Customer ${customer}`, reference: customer }
  const { id } = await client.post<api.Created>('/v1/customers', person, keyOf('customer', customer))
  const application = { customerId: id, programId, autopay: autopayOf(habit) }
  return client.post<api.Line>('/v1/lines', application, keyOf('line', customer))
}

function autopayOf(habit: Habit) {
  if (habit === 'autopay') return { token: 'tok_account', amount: 'total' }
  return habit === 'failing autopay' ? { token: 'tok_insufficient_funds', amount: 'total' } : null
}

/** An idempotency key that says what is meant, whatever letters the file's own names have. */
export function keyOf(...words: readonly string[]): string {
  return createHash('sha256').update(words.join('\u0000')).digest('hex')
}
