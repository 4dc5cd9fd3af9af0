/** `npm run replay:real`: the Online Retail file, where it lies beside the checkout. Further options are passed on. */
import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { runReplayCommand } from './main.ts'

const file = resolve(import.meta.dirname, '../../../shared/data/uci-online-retail/online_retail.csv.gz')

if (existsSync(file)) {
  const shown = relative(process.cwd(), file)
  process.exitCode = await runReplayCommand([shown, '--preset', 'online-retail', ...process.argv.slice(2)])
} else {
  console.log(`There is no ${file}; nothing to replay.`)
}
