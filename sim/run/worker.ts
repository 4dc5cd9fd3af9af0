/** A process that lives groups of worlds, one after the other, as it is told. */
import { liveGroup } from './group.ts'
import type { Order } from './types.ts'

process.on('message', (order: Order) => {
  liveGroup(order.template, order.group).then(
    (report) => process.send!({ report }),
    (error: unknown) => process.send!({ error: String(error instanceof Error ? error.stack : error) }),
  )
})
process.on('disconnect', () => process.exit(0))
