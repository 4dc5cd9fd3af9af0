/**
 * What keeps the server from starting and can be put right by whoever starts it. Printed as one line, `message remedy`,
 * without a stack trace; every other error is a fault of the program and keeps its trace.
 */
export class StartupError extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.name = 'StartupError'
    this.remedy = remedy
  }

  override toString(): string {
    return `${this.message} ${this.remedy}`
  }
}
