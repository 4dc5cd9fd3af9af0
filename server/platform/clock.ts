/** Where time comes from. Never read elsewhere, so that a sandbox can move it and a test can hold it still. */
export interface Clock {
  now(): Temporal.Instant
  /** The business date, `2026-02-28`, in an IANA time zone such as `Asia/Shanghai`. */
  today(timeZone: string): string
}

export function clockOf(now: () => Temporal.Instant): Clock {
  return { now, today: (timeZone) => dateAt(now(), timeZone) }
}

/** The day a time zone was last asked about: where it begins and ends, in milliseconds since 1970. */
interface KnownDay {
  date: string
  from: number
  until: number
}

const days = new Map<string, KnownDay>()

/** A purchase asks ten times for one date, and so do all of its day: the conversion (10 µs) is made once for a day. */
function dateAt(at: Temporal.Instant, timeZone: string): string {
  const known = days.get(timeZone)
  const ms = at.epochMilliseconds
  if (known !== undefined && ms >= known.from && ms < known.until) return known.date
  const start = at.toZonedDateTimeISO(timeZone).startOfDay()
  const date = start.toPlainDate().toString()
  days.set(timeZone, { date, from: start.epochMilliseconds, until: start.add({ days: 1 }).epochMilliseconds })
  return date
}

export const systemClock: Clock = clockOf(() => Temporal.Now.instant())

/** A clock that stands at an instant; for tests and for sandboxes that are moved by hand. */
export function frozenClock(instant: string | Temporal.Instant): Clock {
  const standing = Temporal.Instant.from(instant)
  return clockOf(() => standing)
}
