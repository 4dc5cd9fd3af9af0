#!/usr/bin/env node
/** `chit <command>`: which command runs. Each is loaded when it is asked for, so that none waits for another's libraries. */

const oldestNode = 26

const help = `chit — an open platform for consumer credit

  chit replay FILE.csv   replays a file of orders as purchases on credit and reports what came of it
  chit audit             proves the books of a running or stopped system
  chit calc WHAT         calculates on JSON from standard input: schedule, allocate, explain, rate, draw, revolving

  chit COMMAND --help    the options of a command
  chit --version         the version of Chit

  npm start              runs the server
  npm run demo           tells a credit story through the API
`

const calcHelp = `chit calc WHAT < input.json > output.json

  schedule     the instalments of a loan
  allocate     what payments do to a loan
  explain      how an amount came about
  rate         the true yearly rate of payments
  draw         a limit that is drawn and repaid by the day
  revolving    a card account with a minimum payment

One JSON value in gives one out; an array gives an array of the same length. Exit code 2: the input is wrong, and the
message names the field.
`

async function run([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return print(help)
    case '--version':
    case '-v':
      return print(`chit ${await version()}\n`)
    case 'replay':
      return (await import('./replay/main.ts')).runReplayCommand(args)
    case 'audit':
      return (await import('./audit.ts')).runAuditCommand(args)
    case 'calc':
      return calc(args)
    default:
      console.error(`chit: there is no command "${command}"; see chit --help`)
      return 2
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

async function version(): Promise<string> {
  const { default: about } = await import('../package.json', { with: { type: 'json' } })
  return about.version
}

async function calc([subcommand, ...rest]: string[]): Promise<number> {
  if (subcommand === undefined || ['--help', '-h'].includes(subcommand)) return print(calcHelp)
  if (rest.length > 0) {
    console.error(`chit calc ${subcommand}: takes no further arguments; the input is read from standard input`)
    return 2
  }
  const { runCalc } = await import('./calc/main.ts')
  const { exitCode, stdout, stderr } = runCalc(subcommand, await standardInput())
  process.stderr.write(stderr)
  process.stdout.write(stdout)
  return exitCode
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

if (Number(process.versions.node.split('.', 1)[0]) < oldestNode) {
  console.error(
    `chit: needs Node ${oldestNode}, this is ${process.version}. In the checkout run: npx chit ${process.argv[2] ?? ''}`,
  )
  process.exitCode = 1
} else {
  process.exitCode = await run(process.argv.slice(2))
}
