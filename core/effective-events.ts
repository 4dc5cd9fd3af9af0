import { type Day, parseDay } from './calendar.ts'
import type { Minor } from './money.ts'
import type { Problem } from './problem.ts'

/** What events of a facility or account have in common. `of`: the id of the event that a reversal undoes. */
interface Dated {
  readonly id: string
  readonly type: string
  readonly on: string
  readonly amount?: Minor
  readonly of?: string
}

export interface DatedEvent<Event> {
  readonly day: Day
  readonly event: Event
}

/**
 * Events up to a day that took effect, by their day, then as given. What a reversal of such a day names never happened;
 * the reversals themselves are not among them. `first`: the day before which nothing may lie.
 */
export function effectiveEvents<Event extends Dated>(
  events: readonly Event[],
  { until, first = Number.NEGATIVE_INFINITY }: { readonly until: Day; readonly first?: Day },
  Refusal: new (code: string, message: string, field: string) => Problem,
): DatedEvent<Event>[] {
  const byId = new Map<string, Event>()
  const dated = events.map((event, k) => {
    const refuse = (code: string, member: string, why: string): never => {
      throw new Refusal(code, `events[${k}].${member} ${why}`, `events[${k}].${member}`)
    }
    if (byId.has(event.id)) refuse('duplicate-id', 'id', 'is used twice')
    byId.set(event.id, event)
    const day = parseDay(event.on, `events[${k}].on`)
    if (day < first) refuse('before-opening', 'on', 'is before the account opened')
    if (event.amount !== undefined && event.amount <= 0n) refuse('bad-amount', 'amount', 'must be above zero')
    return { day, event, refuse }
  })
  const reversed = new Set<string>()
  for (const { day, event, refuse } of dated) {
    if (event.type !== 'reversal' || day > until) continue
    const target = byId.get(event.of!)
    if (target === undefined) refuse('unknown-event', 'of', 'names no event')
    else if (target.type === 'reversal') refuse('not-reversible', 'of', 'names a reversal, which cannot be reversed')
    else reversed.add(target.id)
  }
  return dated
    .filter(({ day, event }) => day <= until && event.type !== 'reversal' && !reversed.has(event.id))
    .map(({ day, event }) => ({ day, event }))
    .sort((a, b) => a.day - b.day)
}
