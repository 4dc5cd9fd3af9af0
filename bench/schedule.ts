/** How many 12-instalment schedules with their true rates one core makes in a second: `npm run bench -- schedule`. */
import { openLoan } from '../core/loan/index.ts'
import { planRows } from '../core/schedule/index.ts'
import { twelveInstalments } from './harness/instalments.ts'
import { microsecondsEach, perSecondText } from './harness/processor-time.ts'

const goal = 100_000

const inputs = Array.from({ length: 1000 }, (_, index) => twelveInstalments(index))
const [schedule, opened] = microsecondsEach([
  { name: 'schedule', run: (index) => planRows(inputs[index % inputs.length]!) },
  { name: 'opened', run: (index) => openLoan(inputs[index % inputs.length]!) },
]) as [number, number]

const ratio = (1e6 / schedule / goal).toFixed(2)
console.log(`schedule of 12 with its rates: ${perSecondText(schedule)} of one core, ${ratio} × the goal of ${goal}/s`)
console.log(`loan opened (state, schedule): ${perSecondText(opened)}`)
