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
  const refuse = (code: string, k: number, member: string, why: string): never => {
    throw new Refusal(code, `events[${k}].${member} ${why}`, `events[${k}].${member}`)
  }
  const byId = new Map<string, Event>()
  const dated = events.map((event, k) => {
    if (byId.has(event.id)) refuse('duplicate-id', k, 'id', 'is used twice')
    byId.set(event.id, event)
    const day = parseDay(event.on, `events[${k}].on`)
    if (day < first) refuse('before-opening', k, 'on', 'is before the account opened')
    if (event.amount !== undefined && event.amount <= 0n) refuse('bad-amount', k, 'amount', 'must be above zero')
    return { day, event }
  })
  const reversed = new Set<string>()
  dated.forEach(({ day, event: { type, of = '' } }, k) => {
    if (type !== 'reversal' || day > until) return
    const target = byId.get(of) ?? refuse('unknown-event', k, 'of', 'names no event')
    if (target.type === 'reversal') refuse('not-reversible', k, 'of', 'names a reversal, which cannot be reversed')
    reversed.add(of)
  })
  return dated
    .filter(({ day, event }) => day <= until && event.type !== 'reversal' && !reversed.has(event.id))
    .sort((a, b) => a.day - b.day)
}
