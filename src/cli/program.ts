import { Command } from 'commander'
import { COMMANDS } from './commands.ts'
import { invokedAs } from './invoked-as.ts'
import { VERSION } from './version.ts'

const FIRST_STEP = `
Try it:
  ${invokedAs(process.env, '')} serve --dev      an authority and a gateway on this machine

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
    .configureOutput({ outputError: () => undefined })
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
  for (const entry of COMMANDS) program.command(entry.name).description(entry.summary)
  program.hook('preSubcommand', async (_program, chosen) => {
    const entry = COMMANDS.find(({ name }) => name === chosen.name())
    if (entry !== undefined) (await entry.load())(chosen)
  })
  return program
}

/** `writ help noun verb` as `writ noun verb --help`, which reads the noun's file first. */
export function helpAsFlag(words: readonly string[]): readonly string[] {
  return words[0] === 'help' ? [...words.slice(1), '--help'] : words
}
