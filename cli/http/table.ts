/** Tables as a bank prints them: a rule under the head, figures to the right, no boxes. */
import Table from 'cli-table3'

/** The head of a column; `'Amount>'` is one of figures, set to the right. */
export type Column = string

const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
}

/** Text of a table, each line indented by two. The row `null` is a rule, for a sum below it. */
export function tableOf(columns: readonly Column[], rows: readonly (readonly string[] | null)[]): string {
  const heads = columns.map((column) => column.replace(/>$/, ''))
  const cells = rows.filter((row) => row !== null)
  const widths = heads.map((head, index) => Math.max(head.length, ...cells.map((row) => (row[index] ?? '').length)))
  const rule = widths.map((width) => '─'.repeat(width))
  const printed = new Table({
    chars,
    colAligns: columns.map((column) => (column.endsWith('>') ? 'right' : 'left')),
    style: { 'padding-left': 1, 'padding-right': 1, head: [], border: [], compact: true },
  })
  printed.push(heads, rule, ...rows.map((row) => [...(row ?? rule)]))
  return printed
    .toString()
    .split('\n')
    .map((line) => ` ${line.trimEnd()}`)
    .join('\n')
}
