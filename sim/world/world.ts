/** One world: a sandbox, its people, and the auditor who knows what everybody should owe at the end of every day. */
import { dayOf, textOf } from '../auditor/arithmetic.ts'
import { type Auditor, createAuditor } from '../auditor/auditor.ts'
import { accountDifferences, lineDifferences, loanDifferences } from '../auditor/compare.ts'
import type { Line } from '../auditor/line.ts'
import { comeIn } from './arrivals.ts'
import { chanceOf } from './chance.ts'
import { designsOf, factsOf, termsOf } from './contracts.ts'
import { type Counts, type Courier, createCourier, type Desk, type Json, readWhole } from './courier.ts'
import { complain, judge, openFindings } from './disputes.ts'
import type { House } from './house.ts'
import { type Deeds, describe, type Habit, type Product, type Shopper, type World } from './people.ts'
import { liveDay } from './shoppers.ts'
import { lookAfter, workDay } from './staff.ts'
import { strangerOf } from './stranger.ts'

export interface WorldOptions {
  readonly seed: number
  readonly customers: number
  readonly days: number
  readonly withFaults?: boolean
  /** What everybody has in common; else all is drawn. */
  readonly custom?: Partial<Habit>
  /** Every line is compared on every so manyth day; on the others those that something happened to. */
  readonly allLinesEvery?: number
  /** The server's own audit runs on every so manyth day, and at the end. */
  readonly auditEvery?: number
  readonly told?: (dayNumber: number, line: string) => void
  /** Waits for the worlds beside it before each part of a day. */
  readonly step?: () => Promise<void>
  /** Told at every day's end. */
  readonly passed?: (dayNumber: number) => void | Promise<void>
  /**
   * Whether an audit of all worlds beside this one finds nothing. Where it does the world asks for its own audit and goes no
   * further. Where it is not there the world asks for its own each time; else on its last day, one in `ownAuditEvery`.
   */
  readonly booksHold?: (dayNumber: number) => Promise<boolean>
}

/** The server and the auditor do not agree, or something came that must not. */
export class Disagreement extends Error {
  /** Counted from 1; 0 before the first. */
  readonly dayNumber: number

  constructor(seed: number, dayNumber: number, date: string, message: string) {
    super(`seed ${seed}, day ${dayNumber} (${date}): ${message}`)
    this.dayNumber = dayNumber
  }
}

export interface WorldReport extends Counts {
  readonly seed: number
  readonly digest: string
  readonly loans: number
  readonly compared: number
}

export const firstDay = '2026-03-01'

/** Without summer time: a hold of five days ends on a midnight. Many, as the server keeps one day in mind for each. */
const timeZones = [
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'Asia/Dubai',
  'Asia/Singapore',
  'Asia/Jakarta',
  'Asia/Manila',
  'Asia/Dhaka',
  'Asia/Karachi',
  'Asia/Kathmandu',
  'Asia/Yangon',
  'Asia/Seoul',
  'Africa/Lagos',
  'Africa/Nairobi',
  'Africa/Johannesburg',
  'America/Bogota',
  'America/Lima',
  'America/Panama',
  'America/Phoenix',
  'Pacific/Honolulu',
  'Australia/Brisbane',
  'UTC',
]

/**
 * Of so many seeds one asks for its tenant's audit on its last day, so that it too is seen to be right. An audit of one of
 * fifty tenants costs nearly as much as one of all, and fifty a quarter of PostgreSQL's time. Chosen by the seed alone: what
 * a world asks does not depend on those beside it.
 */
const ownAuditEvery = 5

/** On so many a day somebody of another tenant asks for what is this one's. */
const strangerEvery = 40

/** Lives a world to its end. Throws `Disagreement` on the first difference. */
export async function live(house: House, options: WorldOptions): Promise<WorldReport> {
  const { seed, customers, days, withFaults = true, allLinesEvery = 30, auditEvery = 0, custom = {} } = options
  let dayNumber = 0
  const { told, step = async () => {}, passed, booksHold } = options
  const scene = { chance: chanceOf(seed, 0, 0, 0x7e), at: Date.UTC(2026, 0, 1) }
  const order = { name: `World ${seed}`, timeZone: timeZones[seed % timeZones.length]!, now: firstDay }
  const { tenantId, secret } = await house.openSandbox(scene, order)
  const follow = told === undefined ? {} : { told: (line: string) => told(dayNumber, line) }
  const courier = createCourier({ house, seed, tenantId, secret, withFaults, ...follow })
  let compared = 0
  try {
    const world = await settle(seed, courier, customers, custom)
    const stranger = await strangerOf(house, seed, order)
    for (dayNumber = 1; dayNumber <= days; dayNumber++) {
      const last = dayNumber === days
      await step()
      await workDay(world)
      await step()
      await everybody(world)
      await step()
      await endDay(world)
      if (dayNumber % strangerEvery === 0) await stranger.knock(world)
      await step()
      compared += await compare(world, last || dayNumber % allLinesEvery === 0)
      if (last || (auditEvery > 0 && dayNumber % auditEvery === 0)) {
        await step()
        const hold = await booksHold?.(dayNumber)
        if (hold !== true || (last && seed % ownAuditEvery === 1)) await audit(world)
        if (hold === false) break
      }
      await passed?.(dayNumber)
    }
    const loans = [...world.auditor.lines.values()].reduce((sum, line) => sum + line.loans.length, 0)
    return { seed, digest: courier.digest(), loans, compared, ...courier.counts }
  } catch (error) {
    const date = textOf(dayOf(firstDay) + Math.max(0, dayNumber - 1))
    throw new Disagreement(seed, dayNumber, date, error instanceof Error ? String(error.stack) : String(error))
  }
}

async function settle(seed: number, courier: Courier, customers: number, custom: Partial<Habit>): Promise<World> {
  const chance = chanceOf(seed, 1, 0, 0x5e)
  const made = async (path: string, body: object): Promise<Json> => {
    const answer = await courier.post(path, body)
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const auditor = createAuditor(dayOf(firstDay))
  const funders: string[] = []
  for (const name of ['Harbour Bank', 'Plum Finance', 'River Trust'])
    funders.push((await made('/v1/funders', { name })).id)
  const products: Product[] = []
  for (const design of designsOf(chance, funders)) {
    const terms = termsOf(factsOf(design, '', 1))
    const { id } = await made('/v1/programs', { name: design.name, terms })
    await made(`/v1/programs/${id}/activate`, {})
    // The server keeps terms in mind once read; from here on it has them, whoever asks first.
    await made('/v1/quotes', { programId: id, amount: 100_000 })
    products.push({ design, facts: factsOf(design, id, 1) })
  }
  const merchants: string[] = []
  for (const [place, timing] of (['T+1', 'T+0', 'at-once', 'manual', 'T+1'] as const).entries()) {
    const feePercent = place === 1 ? '0.333' : null
    const body = { name: `Shop ${place}`, payoutTiming: timing, ...(feePercent === null ? {} : { feePercent }) }
    const { id } = await made('/v1/merchants', body)
    auditor.merchants.set(id, { id, timing, feePercent })
    merchants.push(id)
  }
  const world: World = { seed, auditor, courier, shoppers: [], products, funders, merchants, custom, later: [] }
  await courier.atOnce(customers, async (desk, number) => {
    world.shoppers[number] = await comeIn(world, desk, number)
  })
  return world
}

/** All customers at once, and then, in order, what cannot be done at once. */
async function everybody(world: World): Promise<void> {
  const { courier, shoppers } = world
  await courier.atOnce(shoppers.length, (desk, place) => doAll(dayOfShopper(world, desk, shoppers[place]!)))
  const later = world.later.sort((one, other) => one.number - other.number)
  world.later = []
  for (const { work } of later) await work(courier)
  const differing = await courier.echo()
  if (differing.length > 0) throw new Error(differing.join('\n'))
}

function* dayOfShopper(world: World, desk: Desk, shopper: Shopper): Deeds {
  yield* judge(world, desk, shopper)
  yield* lookAfter(world, desk, shopper)
  yield* liveDay(world, desk, shopper)
  yield* complain(world, desk, shopper)
}

/** One after the other; null where there is nothing to do, which on most days of most people then costs not even a promise. */
function doAll(deeds: Deeds): Promise<void> | null {
  const first = deeds.next()
  return first.done === true ? null : goOn(deeds, first.value)
}

async function goOn(deeds: Deeds, first: Promise<void>): Promise<void> {
  await first
  for (const deed of deeds) await deed
}

async function endDay(world: World): Promise<void> {
  const { auditor, courier } = world
  const answer = await courier.advance(textOf(auditor.today + 1))
  if (answer.status >= 300) throw new Error(`the day was not closed: ${JSON.stringify(answer.body)}`)
  auditor.closeDay()
}

/** Compares accounts, and lines with their loans; gives how many lines. */
async function compare(world: World, everything: boolean): Promise<number> {
  const { auditor, courier } = world
  const lines = [...(everything ? auditor.lines.values() : auditor.touched)].sort((one, other) =>
    one.id < other.id ? -1 : 1,
  )
  const { body: trial } = await courier.get('/v1/trial-balance')
  const found: string[] = accountDifferences(auditor.holdings, trial.accounts)
  if (!trial.totals.every((total: Json) => total.balanced)) found.push('the trial balance does not balance')
  const pages = pagesOf(lines)
  const ofPages: string[][] = []
  const comparePage = async (desk: Desk, place: number) => {
    ofPages[place] = await pageFindings(auditor, desk, pages[place]!, everything)
  }
  await courier.atOnce(pages.length, comparePage, pagesAtOnce)
  if (everything) found.push(...(await openFindings(world)))
  auditor.touched.clear()
  auditor.touchedLoans.clear()
  found.push(...ofPages.flat())
  if (found.length > 0) throw new Error(`at the end of the day:\n  ${found.join('\n  ')}`)
  return lines.length
}

/** The server gives a hundred in one answer, which after two years is 5 MB with their loans. */
const linesOfPage = 50
const pagesAtOnce = 8

function pagesOf(lines: readonly Line[]): Line[][] {
  return Array.from({ length: Math.ceil(lines.length / linesOfPage) }, (_, place) =>
    lines.slice(place * linesOfPage, (place + 1) * linesOfPage),
  )
}

async function pageFindings(
  auditor: Auditor,
  desk: Desk,
  lines: readonly Line[],
  everything: boolean,
): Promise<string[]> {
  const idsOf = (wanted: readonly Line[]) => wanted.map((line) => line.id).join(',')
  const withLoans = lines.filter((line) => line.loans.length > 0 && (everything || auditor.touchedLoans.has(line)))
  const shownLines = await desk.get(`/v1/lines?ids=${idsOf(lines)}`)
  const shownLoans = withLoans.length === 0 ? [] : await readWhole(desk, `/v1/loans?lineIds=${idsOf(withLoans)}`)
  const byId = new Map<string, Json>(shownLines.body.data.map((shown: Json) => [shown.id, shown]))
  const loansOf: Map<string, Json[]> = Map.groupBy(shownLoans, (shown: Json) => shown.lineId)
  const asked = new Set(withLoans)
  return lines.flatMap((line) => {
    const found = lineFindings(line, byId.get(line.id))
    if (asked.has(line)) found.push(...loanFindings(line, loansOf.get(line.id) ?? [], auditor.today))
    return found.length === 0 ? [] : [...found, describe(line)]
  })
}

function lineFindings(line: Line, shown: Json | undefined): string[] {
  const differences = shown === undefined ? ['is not there'] : lineDifferences(line, shown)
  return differences.map((difference) => `line ${line.id}: ${difference}`)
}

function loanFindings(line: Line, shown: readonly Json[], today: number): string[] {
  const found =
    shown.length === line.loans.length
      ? []
      : [`line ${line.id} has ${shown.length} loans, should have ${line.loans.length}`]
  for (const loan of line.loans) {
    const own = shown.find((candidate) => candidate.id === loan.id)
    const differences = own === undefined ? ['is not there'] : loanDifferences(line, loan, own, today)
    found.push(...differences.map((difference) => `loan ${loan.id}: ${difference}`))
  }
  return found
}

async function audit({ courier }: World): Promise<void> {
  const { status, body } = await courier.get('/v1/audit')
  if (status >= 300) throw new Error(`the server's own audit was not made: ${JSON.stringify(body)}`)
  const failed = body.proofs.filter((proof: Json) => proof.failures.length > 0)
  if (!body.ok || failed.length > 0) throw new Error(`the server's own audit fails: ${JSON.stringify(failed, null, 2)}`)
}
