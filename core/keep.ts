/**
 * The same function of a text, its answers kept: loans share their rates and accounts, and each is worked out once. Where they
 * become more than `most`, all are forgotten, so that no input can fill the memory. What is thrown is not kept.
 */
export function kept<T extends {}>(of: (text: string) => T, most = 8192): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const value = of(text)
    if (known.size >= most) known.clear()
    known.set(text, value)
    return value
  }
}
