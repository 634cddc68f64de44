import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { CommandFailure, EXIT, usage } from './outcome.ts'

/** What a command that takes something away for good is told. */
export interface ConfirmOption {
  readonly yes?: true
}

/** Gives a command `--yes`. */
export function addConfirmOption(command: Command): Command {
  return command.option('--yes', 'do it without asking')
}

/**
 * Asks before something that cannot be undone. Without a terminal there is nobody to ask, so it
 * names the flag that would have answered. Throws unless the answer is yes.
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw usage('Nobody is here to confirm this: give --yes.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  terminal.once('SIGINT', () => process.exit(EXIT.interrupted))
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure(EXIT.failure, 'Left as it was.')
  } finally {
    terminal.close()
  }
}
