import { CommanderError } from 'commander'
import { shownJson } from '../domain/shown-text.ts'
import { nextStep } from './next-step.ts'
import { CommandFailure, EXIT, type ExitStatus } from './outcome.ts'
import { printable } from './output.ts'
import { buildProgram, helpAsFlag } from './program.ts'

/**
 * Runs one command line and answers the exit status. Refusals and failures become one sentence on
 * stderr and, with `--json`, one document on stdout; only a bug shows a stack.
 */
export async function runCommandLine(words: readonly string[]): Promise<ExitStatus> {
  try {
    const program = buildProgram()
    if (words.length === 0) program.outputHelp()
    else await program.parseAsync([...helpAsFlag(words)], { from: 'user' })
    return (process.exitCode ?? EXIT.ok) as ExitStatus
  } catch (error) {
    return report(error, words.includes('--json'))
  }
}

function report(error: unknown, json: boolean): ExitStatus {
  const failure = asFailure(error)
  if (failure === undefined) return EXIT.ok
  process.stderr.write(`${printable(failure.message)}\n`)
  if (json) process.stdout.write(`${shownJson(failure.document)}\n`)
  return failure.exit
}

/** Undefined when nothing went wrong: help and version also arrive as errors. */
function asFailure(error: unknown): CommandFailure | undefined {
  if (error instanceof CommandFailure) return error
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === 'commander.help') return undefined
    const detail = error.message.replace(/^error: /, '')
    const document = { error: 'usage', detail }
    return new CommandFailure(EXIT.usage, `writ: ${detail}`, document)
  }
  const expected = error instanceof Error && error.name === 'Unreachable'
  const text = error instanceof Error ? error.message : String(error)
  const stack = expected || !(error instanceof Error) ? text : (error.stack ?? text)
  const next = expected ? nextStep(error) : undefined
  const message = next === undefined ? stack : `${stack}\nNext: ${next}`
  return new CommandFailure(EXIT.failure, message, { error: 'failure', detail: text, next })
}
