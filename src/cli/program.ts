import { Command } from 'commander'
import { COMMANDS, type CommandEntry, GROUPS } from './commands.ts'
import { invokedAs } from './invoked-as.ts'
import { VERSION } from './version.ts'

const FIRST_STEP = `
Try it:
  ${invokedAs(process.env, '')} serve --dev      an authority and a gateway on this machine
  writ help lease open  what a command takes, with an example

Environment: WRIT_ADDR, WRIT_AGENTS_ADDR, WRIT_GATEWAY_ADDR, WRIT_TOKEN or WRIT_TOKEN_FILE,
WRIT_CACERT, WRIT_CLIENT_CERT, WRIT_CLIENT_KEY, WRIT_IDENTITY. Flags come first.
Exit status: 0 ok, 1 failure, 2 usage, 3 denied, 4 not found, 130 interrupted.`

/**
 * The whole command line. A noun's own file is read when its command is chosen, so that start-up
 * stays short; until then the table's line stands for it. Errors are thrown, never `process.exit`.
 */
export function buildProgram(): Command {
  const program = new Command('writ')
    .description('Single-use delegation tokens for agents: narrow at every hop, revoke at once.')
    .version(VERSION, '--version', 'print the version')
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      outputError: () => undefined,
      // Only the help of a noun without a verb is written there: it is an answer, not an error.
      writeErr: (text) => void process.stdout.write(text),
    })
    .option('--json', 'one JSON document on stdout')
    .option('--addr <url>', 'the API listener')
    .option('--agents-addr <url>', 'the listener of agents')
    .option('--gateway-addr <url>', 'the gateway')
    .option('--token-file <file>', 'file with the owner or operator token')
    .option('--identity <folder>', 'folder with agent.crt, agent.key and ca.crt')
    .option('--cacert <file>', 'root certificate of the authority')
    .option('--cert <file>', 'client certificate of an agent')
    .option('--key <file>', 'private key of that certificate')
    .addHelpText('after', FIRST_STEP)
  for (const { name, group, summary } of COMMANDS) {
    program.command(name).description(summary).helpGroup(GROUPS[group])
  }
  program.hook('preSubcommand', async (_program, chosen) => {
    const entry = COMMANDS.find(({ name }) => name === chosen.name())
    if (entry !== undefined) await fill(chosen, entry)
  })
  return program
}

/**
 * The same with every noun read: for what describes the command line instead of running it. The
 * examples are left out where they are told apart from the help.
 */
export async function buildWholeProgram({ examples = true } = {}): Promise<Command> {
  const program = buildProgram()
  for (const entry of COMMANDS) {
    const command = program.commands.find((found) => found.name() === entry.name)
    if (command === undefined) continue
    if (examples) await fill(command, entry)
    else (await entry.load())(command)
  }
  return program
}

/** `writ help noun verb` as `writ noun verb --help`, which reads the noun's file first. */
export function helpAsFlag(words: readonly string[]): readonly string[] {
  return words[0] === 'help' ? [...words.slice(1), '--help'] : words
}

async function fill(command: Command, entry: CommandEntry): Promise<void> {
  const [register, { EXAMPLES }] = await Promise.all([entry.load(), import('./examples.ts')])
  register(command)
  for (const one of [command, ...command.commands]) {
    const example = EXAMPLES[wordsOf(one)]
    if (example !== undefined) one.addHelpText('after', `\nExample:\n  ${example}`)
  }
}

/** How a command is called: `lease open`. */
function wordsOf(command: Command): string {
  const { parent } = command
  const above = parent === null || parent.parent === null ? '' : `${wordsOf(parent)} `
  return `${above}${command.name()}`
}
