/**
 * The two ways a calculation can fail. A caller's mistake is a `Problem` with a stable code and, where one is at fault,
 * the field's name; a programmer's mistake is an `AssertionError`, which no caller should catch.
 */
export class Problem extends Error {
  readonly code: string
  readonly field?: string

  /** `code` is stable kebab-case; `message` says what to do about it. */
  constructor(code: string, message: string, field?: string) {
    super(message)
    this.name = new.target.name
    this.code = code
    if (field !== undefined) this.field = field
  }
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** The message is a function where it would cost something to build: most assertions never fail. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message())
}
