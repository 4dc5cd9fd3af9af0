/** The report of a replay: sections of sentences and tables, printed for a screen or as Markdown. */
import type { Minor } from '../../core/money.ts'
import { count, minor, money } from '../http/money.ts'
import { tableOf } from '../http/table.ts'
import { type Habit, habits, habitWords, planShares } from './behaviour.ts'
import type { OrderFile } from './orders.ts'
import type { Replayed } from './run.ts'
import { type Sum, totalOf } from './tally.ts'
import { termsInWords } from './world.ts'

export interface Section {
  readonly title: string
  readonly sentences?: readonly string[]
  readonly columns?: readonly string[]
  readonly rows?: readonly (readonly string[] | null)[]
}

export interface ReportSubject {
  readonly file: string
  readonly command: string
  readonly currency: string
  readonly rules: readonly string[]
  readonly seed: number
  readonly limit: Minor
  readonly read: OrderFile
  readonly replayed: Replayed
}

const malformedShown = 20

/** All of it follows from file and seed, except the last section, which is about the machine. */
export function sectionsOf(subject: ReportSubject): Section[] {
  return [
    fileSection(subject),
    ordersSection(subject),
    refundsSection(subject),
    repaymentSection(subject),
    lateSection(subject),
    booksSection(subject),
    auditSection(subject),
    rulesSection(subject),
    speedSection(subject),
  ]
}

function fileSection({ read, replayed }: ReportSubject): Section {
  const { malformed, spoiled } = read
  const shown = malformed.slice(0, malformedShown).map(({ line, reason }) => `Line ${line}: ${reason}.`)
  const more = malformed.length > malformedShown ? [`… and ${count(malformed.length - malformedShown)} more.`] : []
  return {
    title: 'File',
    sentences: [...shown, ...more],
    columns: ['', 'Count>'],
    rows: [
      ['Rows', count(read.rows)],
      ['Malformed rows, skipped', count(malformed.length)],
      ['Orders left out because a row of theirs is malformed', count(spoiled.length)],
      ['Orders and refunds replayed', count(read.orders.length)],
      ['First day', replayed.firstDay],
      ['Last order', replayed.lastOrderDay],
      ['Clock at the end', replayed.lastDay],
    ],
  }
}

/** Rows of counts and amounts, the larger count first. */
function sumRows(sums: ReadonlyMap<string, Sum>, currency: string, before = '  '): string[][] {
  return [...sums]
    .toSorted(([nameA, a], [nameB, b]) => b.count - a.count || (nameA < nameB ? -1 : 1))
    .map(([name, sum]) => sumRow(`${before}${name}`, sum, currency))
}

function sumRow(name: string, sum: Sum, currency: string): string[] {
  return [name, count(sum.count), money(sum.amount, currency)]
}

function ordersSection({ replayed: { tally }, currency }: ReportSubject): Section {
  return {
    title: 'Orders',
    columns: ['', 'Count>', `${currency}>`],
    rows: [
      sumRow('Orders sent', tally.sent, currency),
      sumRow('Accepted', tally.accepted, currency),
      ...sumRows(tally.acceptedByPlan, currency, '  on plan '),
      sumRow('Declined', totalOf(tally.declined), currency),
      ...sumRows(tally.declined, currency, '  '),
      null,
      sumRow('Guests, not sent', tally.guests, currency),
      sumRow('Orders of nothing or less, not sent', tally.empty, currency),
      ['Customers, each with a line', count(totalOf(tally.customersByHabit).count), ''],
      ...[...tally.linesDeclined].map(([reason, { count: lines }]) => [`  line declined: ${reason}`, count(lines), '']),
    ],
  }
}

function refundsSection({ replayed: { tally }, currency }: ReportSubject): Section {
  return {
    title: 'Refunds',
    columns: ['', 'Count>', `${currency}>`],
    rows: [
      sumRow('Refunds asked for', tally.refundsAsked, currency),
      sumRow('Matched to purchases and booked', tally.refunded, currency),
      sumRow('Lines not matched, or not in full', totalOf(tally.unmatched), currency),
      ...sumRows(tally.unmatched, currency),
    ],
  }
}

function repaymentSection({ replayed, currency }: ReportSubject): Section {
  const { tally } = replayed
  const bank = replayed.trialBalance.accounts.find((account) => account.account === 'asset:cash:bank')
  const paidOut = replayed.trialBalance.accounts
    .filter((account) => account.account.startsWith('liability:merchant:'))
    .reduce((sum, account) => sum + minor(account.debits), 0n)
  return {
    title: 'Bills, repayments, payouts',
    columns: ['', 'Count>', `${currency}>`],
    rows: [
      ['Bills closed', count(tally.statements), ''],
      ['Bills collected by autopay', count(tally.autopaid), ''],
      sumRow('Repayments by customers themselves', totalOf(tally.repayments), currency),
      ...sumRows(tally.repayments, currency, '  who '),
      ['Money at the bank: in', '', money(bank?.debits ?? 0, currency)],
      ['Payouts to merchants', count(tally.payouts), money(paidOut, currency)],
    ],
  }
}

function lateSection({ replayed, currency }: ReportSubject): Section {
  const { tally, lateThen, lastOrderDay } = replayed
  const buckets = [...new Set([...tally.reached.keys(), ...lateThen.keys()])].toSorted()
  const bucketRows = buckets.map((bucket) => {
    const then = lateThen.get(bucket) ?? { count: 0, amount: 0n }
    return [
      `  ${bucket}`,
      count(then.count),
      money(then.amount, currency),
      count(tally.reached.get(bucket)?.count ?? 0),
    ]
  })
  return {
    title: 'Late',
    columns: ['', `On ${lastOrderDay}>`, `${currency}>`, 'Ever reached>'],
    rows: [
      ['Outstanding principal', '', money(replayed.outstandingThen, currency), ''],
      ['Late loans', count(totalOf(lateThen).count), money(totalOf(lateThen).amount, currency), ''],
      ...bucketRows,
      null,
      [...sumRow('Late charges', tally.lateCharges, currency), ''],
      [...sumRow('Written off', tally.writtenOff, currency), ''],
      [`Outstanding on ${replayed.lastDay}`, '', money(replayed.outstandingNow, currency), ''],
    ],
  }
}

/** Accounts that differ only in whom they concern are added up, so that a mall of a thousand shops fits a page. */
function booksSection({ replayed, currency }: ReportSubject): Section {
  const { trialBalance, names } = replayed
  const kinds = Map.groupBy(trialBalance.accounts, ({ account }) =>
    account
      .split(':')
      .map((part) => (names.has(part) ? '*' : part))
      .join(':'),
  )
  const rows = [...kinds].map(([kind, own]) => {
    const net = own.reduce((sum, { side, balance }) => sum + (side === 'debit' ? minor(balance) : -minor(balance)), 0n)
    const name = kind.replace(/:\*$/, '').replaceAll(':', ' · ')
    return [name, net > 0n ? money(net, currency) : '', net < 0n ? money(-net, currency) : net === 0n ? '0.00' : '']
  })
  const totals = trialBalance.totals.map(({ currency: code, debits, credits }) => [
    `Sum of accounts, ${code}`,
    money(debits, code),
    money(credits, code),
  ])
  const balanced = trialBalance.totals.every((total) => total.balanced)
  return {
    title: `Trial balance, ${trialBalance.asOf}`,
    sentences: [balanced ? 'Debits equal credits.' : 'DEBITS AND CREDITS DIFFER.'],
    columns: ['Account', 'Debit>', 'Credit>'],
    rows: [...rows, null, ...totals],
  }
}

function auditSection({ replayed: { audit } }: ReportSubject): Section {
  return {
    title: 'Audit',
    sentences: [audit.ok ? 'Every proof holds.' : 'THE AUDIT FAILS.'],
    columns: ['Proof', 'Checked>', ''],
    rows: audit.proofs.map(({ name, checked, failures }) => [
      name,
      count(checked),
      failures.length === 0 ? '✓' : `✗ ${failures.join('; ')}`,
    ]),
  }
}

function rulesSection({ rules, currency, limit, seed, replayed: { tally } }: ReportSubject): Section {
  const shares = Object.entries(planShares).map(([plan, percent]) => `${plan} ${percent} %`)
  return {
    title: 'Rules of this replay',
    sentences: [
      ...rules,
      ...termsInWords(currency, limit),
      `Plan of an order, by a draw from seed ${seed} and the order number: ${shares.join(', ')}; below a plan’s smallest amount pay-later.`,
      'Repayment of a customer, by a draw from the seed and the customer:',
    ],
    columns: ['Habit', 'Share>', 'Customers>'],
    rows: (Object.keys(habits) as Habit[]).map((habit) => [
      habitWords[habit],
      `${habits[habit]} %`,
      count(tally.customersByHabit.get(habit)?.count ?? 0),
    ]),
  }
}

function speedSection({ replayed, command }: ReportSubject): Section {
  const { seconds, tally, retries } = replayed
  const sent = tally.sent.count + tally.refunded.count
  return {
    title: 'Time taken',
    columns: ['', 'Seconds>'],
    rows: [
      ['Orders, with every day between closed', seconds.orders.toFixed(1)],
      ['Days after the last order', seconds.tail.toFixed(1)],
      ['Trial balance and audit', seconds.audit.toFixed(1)],
      ['Orders and refunds a second', count(Math.round(sent / Math.max(seconds.orders, 0.001)))],
      ['Requests sent again', count(retries)],
    ],
    sentences: [`Command: ${command}`],
  }
}

export function asText(title: string, sections: readonly Section[]): string {
  const parts = sections.map((section) => {
    const table = section.columns === undefined ? '' : tableOf(section.columns, section.rows ?? [])
    return [section.title, ...(section.sentences ?? []).map((sentence) => `  ${sentence}`), table].join('\n')
  })
  return `${title}\n\n${parts.join('\n\n')}\n`
}

export function asMarkdown(title: string, sections: readonly Section[]): string {
  const parts = sections.map((section) => {
    const list = (section.sentences ?? []).map((sentence) => `- ${sentence}`).join('\n')
    return [`## ${section.title}`, list, markdownTable(section)].filter((part) => part !== '').join('\n\n')
  })
  return `# ${title}\n\n${parts.join('\n\n')}\n`
}

function markdownTable({ columns, rows = [] }: Section): string {
  if (columns === undefined) return ''
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const heads = columns.map((column) => column.replace(/>$/, ''))
  const rule = columns.map((column) => (column.endsWith('>') ? '---:' : '---'))
  const body = rows
    .filter((cells) => cells !== null)
    .map((cells) => row(cells.map((cell) => cell.replace(/^ +/, '– '))))
  return [row(heads), row(rule), ...body].join('\n')
}
