/** `chit calc rate`: the true annual rate of a set of flows under a law's convention. Documented in docs/calc-rates.md. */
import type { Fraction } from '../../core/fraction.ts'
import { conventions, type Flow, trueRate, type UnitPeriod, type UnitPeriodName } from '../../core/rates/index.ts'
import {
  absent,
  CalcProblem,
  type Fields,
  readChoice,
  readDate,
  readFields,
  readFraction,
  readInteger,
  readList,
  readText,
} from './input.ts'

export interface RateAnswer {
  readonly ratePercent: string
  readonly display: string
  readonly multiple: boolean
}

interface WrittenFlow {
  readonly amount: Fraction
  readonly rest: { on: string } | { at: { years: string } }
  readonly count: number
  readonly every: UnitPeriod | undefined
}

export const rateFields = ['convention', 'advances', 'payments', 'unitPeriod'] as const
export const flowFields = ['amount', 'on', 'at', 'count', 'every'] as const
export const unitPeriods: readonly UnitPeriodName[] = ['year', 'month', 'half-month', 'week', 'day']
const MAX_COUNT = 10_400
const MAX_PERIOD = 36_525

export function calcRate(input: unknown): RateAnswer {
  const fields = readFields(input, 'input', rateFields)
  const convention = readChoice(fields.convention, 'convention', conventions)
  const unitPeriod = absent(fields.unitPeriod) ? null : readUnitPeriod(fields.unitPeriod, 'unitPeriod')
  const advances = readList(fields.advances, 'advances').map((flow, k) => readFlow(flow, `advances[${k}]`))
  const payments = readList(fields.payments, 'payments').map((flow, k) => readFlow(flow, `payments[${k}]`))
  const scale = commonScale([...advances, ...payments])
  return trueRate(convention, {
    advances: advances.map((flow) => scaled(flow, scale)),
    payments: payments.map((flow) => scaled(flow, scale)),
    unitPeriod,
  })
}

function readFlow(value: unknown, path: string): WrittenFlow {
  const fields = readFields(value, path, flowFields)
  return {
    amount: readFraction(fields.amount, `${path}.amount`),
    rest: readWhen(fields, path),
    count: absent(fields.count) ? 1 : readInteger(fields.count, `${path}.count`, 1, MAX_COUNT),
    every: absent(fields.every) ? undefined : readUnitPeriod(fields.every, `${path}.every`),
  }
}

function readWhen(fields: Fields, path: string): WrittenFlow['rest'] {
  const dated = !absent(fields.on)
  if (dated && !absent(fields.at)) throw new CalcProblem(`${path}.at`, 'a flow has either a date (on) or a time (at)')
  if (dated) return { on: readDate(fields.on, `${path}.on`) }
  if (absent(fields.at)) throw new CalcProblem(`${path}.on`, 'a flow needs a date (on) or a time (at)')
  const time = readFields(fields.at, `${path}.at`, ['years'])
  return { at: { years: readText(time.years, `${path}.at.years`) } }
}

function readUnitPeriod(value: unknown, path: string): UnitPeriod {
  const fields = readFields(value, path, ['n', 'unit'])
  return {
    n: readInteger(fields.n, `${path}.n`, 1, MAX_PERIOD),
    unit: readChoice(fields.unit, `${path}.unit`, unitPeriods),
  }
}

/** No currency is named, and a rate depends on none: amounts are counted in the smallest decimal any of them uses. */
function commonScale(flows: readonly WrittenFlow[]): bigint {
  let scale = 1n
  for (const { amount } of flows) while (scale % amount.den !== 0n) scale *= 10n
  return scale
}

function scaled(flow: WrittenFlow, scale: bigint): Flow {
  const amount = (flow.amount.num * scale) / flow.amount.den
  return { amount, ...flow.rest, count: flow.count, every: flow.every }
}
