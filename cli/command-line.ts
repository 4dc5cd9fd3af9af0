/** Reading what was typed after a command, and saying in one line what of it is wrong. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What the person who typed the command can put right; printed as one line. */
export class CommandError extends Error {}

/** `parseArgs` in words. `remedy` is where the options are told; absent, the line names them. */
export function parseCommandLine<const Config extends ParseArgsConfig>(
  config: Config,
  remedy = `Options: ${Object.keys(config.options ?? {})
    .map((name) => `--${name}`)
    .join(', ')}.`,
): ReturnType<typeof parseArgs<Config>> {
  const typed = config.args ?? process.argv.slice(2)
  try {
    return parseArgs<Config>({ ...config, args: withNegatives(typed, config) })
  } catch (error) {
    const [what] = (error as Error).message.split(/\.\s/, 1)
    throw new CommandError(`${what!.replace(/\.$/, '')}. ${remedy}`)
  }
}

/** `--rounds -1` as `--rounds=-1`: `parseArgs` takes -1 for an option, and says so instead of what is wrong with the number. */
function withNegatives(typed: readonly string[], { options = {} }: ParseArgsConfig): string[] {
  const joined: string[] = []
  for (const word of typed) {
    const option = joined.at(-1)
    if (/^-\d/.test(word) && option?.startsWith('--') && options[option.slice(2)]?.type === 'string') {
      joined.splice(-1, 1, `${option}=${word}`)
    } else joined.push(word)
  }
  return joined
}

/** `preset` where the option was not given. */
export function whole(
  option: string,
  text: string | undefined,
  least: number,
  preset: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (text === undefined) return preset
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  throw new CommandError(`${option} "${text}" is not a whole number from ${least}${upTo}.`)
}

/**
 * A command whose options are read before anything is done. Gives the exit code: 2 where they are wrong, as 1 says that what
 * the command looks for was found, or that it broke off.
 */
export async function runCommand<Settings>(
  name: string,
  help: string,
  read: () => Settings | null,
  run: (settings: Settings) => Promise<number>,
): Promise<number> {
  let settings: Settings | null
  try {
    settings = read()
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    console.error(`${name}: ${error.message}`)
    return 2
  }
  if (settings !== null) return run(settings)
  process.stdout.write(help)
  return 0
}
