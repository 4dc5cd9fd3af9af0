/**
 * Law as data: a pack per jurisdiction, each figure with its source and the day it takes effect. A program names its
 * pack; what the pack says on the day of signing binds, and a constant changes here without code.
 */
import type { Minor } from '../money.ts'
import type { LenderType } from '../program/terms.ts'

interface Dated {
  readonly from: string
  readonly source: string
}

export interface RulePack {
  readonly code: string
  readonly name: string
  /** Highest all-in annual cost in percent, late charges included. */
  readonly allInCap: readonly (Dated & { readonly lenders: readonly LenderType[]; readonly percent: string })[]
  /** Highest outstanding loan to a consumer, in minor units of `currency`. */
  readonly consumerLimit: readonly (Dated & { readonly currency: string; readonly amount: Minor })[]
  readonly instalmentMonthsMax: readonly (Dated & { readonly months: number })[]
  /** Least part that each funder of a joint loan carries, in basis points. */
  readonly jointShareMin: readonly (Dated & { readonly basisPoints: number })[]
  /** Rate conventions to show before signing, the leading one first. */
  readonly disclosures: readonly ('cn-irr' | 'cn-simple' | 'eu-aprc' | 'uk-apr' | 'us-reg-z')[]
}

const anyLender: readonly LenderType[] = ['consumer-finance', 'small-loan', 'bank']

const cn: RulePack = {
  code: 'cn',
  name: "People's Republic of China",
  allInCap: [
    {
      from: '1900-01-01',
      lenders: anyLender,
      percent: '36',
      source: 'Supreme People’s Court, fa shi [2015] 18, upper line',
    },
    {
      from: '2025-10-01',
      lenders: anyLender,
      percent: '24',
      source: 'NFRA notice on assisted lending, 2025, in force 2025-10-01',
    },
  ],
  consumerLimit: [
    {
      from: '1900-01-01',
      currency: 'CNY',
      amount: 20_000_000n,
      source: 'Interim measures on internet loans of commercial banks, 2020, art. 6',
    },
    { from: '2025-03-14', currency: 'CNY', amount: 30_000_000n, source: 'NFRA notice on consumer finance, 2025-03-14' },
  ],
  instalmentMonthsMax: [
    { from: '1900-01-01', months: 60, source: 'Notice on credit card business, Yin Bao Jian Fa [2022] 13' },
  ],
  jointShareMin: [
    { from: '2021-02-19', basisPoints: 3000, source: 'CBIRC notice on internet loans, Yin Bao Jian Ban Fa [2021] 24' },
  ],
  disclosures: ['cn-irr', 'cn-simple'],
}

/** A pack without limits, for sandboxes that model a market of which no pack exists yet. */
const none: RulePack = {
  code: 'none',
  name: 'No rules',
  allInCap: [],
  consumerLimit: [],
  instalmentMonthsMax: [],
  jointShareMin: [],
  disclosures: ['cn-irr', 'cn-simple'],
}

export const rulePacks: readonly RulePack[] = [cn, none]

export function findRulePack(code: string): RulePack | undefined {
  return rulePacks.find((pack) => pack.code === code)
}

/** The entry in force on a day: the one that began last. */
export function inForce<Entry extends Dated>(entries: readonly Entry[], on: string): Entry | undefined {
  return entries
    .filter((entry) => entry.from <= on)
    .toSorted((a, b) => (a.from < b.from ? 1 : -1))
    .at(0)
}

/** Highest all-in annual percentage for a lender on a day, with the entry it comes from. */
export function allInCapOn(pack: RulePack, lender: LenderType, on: string): RulePack['allInCap'][number] | undefined {
  return inForce(
    pack.allInCap.filter((entry) => entry.lenders.includes(lender)),
    on,
  )
}
