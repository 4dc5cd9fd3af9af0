/** Where time comes from. Never read elsewhere, so that a sandbox can move it and a test can hold it still. */
export interface Clock {
  now(): Temporal.Instant
  /** The same in milliseconds since 1970: making an instant costs more than all the rest of an id. */
  epochMilliseconds(): number
  /** The business date, `2026-02-28`, in an IANA time zone such as `Asia/Shanghai`. */
  today(timeZone: string): string
}

/** `epochMilliseconds`: whole milliseconds since 1970, no finer, so that an instant and its date never disagree. */
export function clockOf(epochMilliseconds: () => number): Clock {
  return {
    now: () => Temporal.Instant.fromEpochMilliseconds(epochMilliseconds()),
    epochMilliseconds,
    today: (timeZone) => dateAt(epochMilliseconds(), timeZone),
  }
}

let millisecondShown = Number.NaN
let textOfMillisecond = ''
let secondShown = Number.NaN
let textOfSecond = ''

/**
 * Milliseconds since 1970 as RFC 3339 in UTC, as PostgreSQL prints them and Temporal does, without closing zeros. A purchase
 * needs five of them, a server thousands within one second and twenty within a millisecond: what they share is printed once.
 */
export function instantText(epochMilliseconds: number): string {
  if (epochMilliseconds !== millisecondShown) {
    textOfMillisecond = printInstant(epochMilliseconds)
    millisecondShown = epochMilliseconds
  }
  return textOfMillisecond
}

function printInstant(epochMilliseconds: number): string {
  const second = Math.floor(epochMilliseconds / 1000)
  if (second !== secondShown) {
    textOfSecond = Temporal.Instant.fromEpochMilliseconds(second * 1000)
      .toString()
      .slice(0, -1)
    secondShown = second
  }
  const milliseconds = epochMilliseconds - second * 1000
  return milliseconds === 0 ? `${textOfSecond}Z` : `${textOfSecond}.${decimalsOf(milliseconds)}Z`
}

/** 7 → "007", 960 → "96". */
function decimalsOf(milliseconds: number): string {
  return String(milliseconds).padStart(3, '0').replace(/0+$/, '')
}

/** The day a time zone was last asked about: where it begins and ends, in milliseconds since 1970. */
interface KnownDay {
  date: string
  from: number
  until: number
}

const days = new Map<string, KnownDay>()

/** A purchase asks ten times for one date, and so do all of its day: the conversion (10 µs) is made once for a day. */
function dateAt(ms: number, timeZone: string): string {
  const known = days.get(timeZone)
  if (known !== undefined && ms >= known.from && ms < known.until) return known.date
  const start = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).startOfDay()
  const date = start.toPlainDate().toString()
  days.set(timeZone, { date, from: start.epochMilliseconds, until: start.add({ days: 1 }).epochMilliseconds })
  return date
}

export const systemClock: Clock = clockOf(() => Date.now())

/** A clock that stands at an instant; for tests and for sandboxes that are moved by hand. */
export function frozenClock(instant: string | Temporal.Instant): Clock {
  const standing = Temporal.Instant.from(instant).epochMilliseconds
  return clockOf(() => standing)
}
