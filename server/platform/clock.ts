/** Where time comes from. Never read elsewhere, so that a sandbox can move it and a test can hold it still. */
export interface Clock {
  now(): Temporal.Instant
  /** The business date, `2026-02-28`, in an IANA time zone such as `Asia/Shanghai`. */
  today(timeZone: string): string
}

export function clockOf(now: () => Temporal.Instant): Clock {
  return { now, today: (timeZone) => now().toZonedDateTimeISO(timeZone).toPlainDate().toString() }
}

export const systemClock: Clock = clockOf(() => Temporal.Now.instant())

/** A clock that stands at an instant; for tests and for sandboxes that are moved by hand. */
export function frozenClock(instant: string | Temporal.Instant): Clock {
  const standing = Temporal.Instant.from(instant)
  return clockOf(() => standing)
}
