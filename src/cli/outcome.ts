import { REFUSALS, type Reason, type RefusalCode } from '../domain/refusal.ts'

/** What the process ends with: `refusal.ts` says which refusal is which of these. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  denied: 3,
  notFound: 4,
  interrupted: 130,
} as const

/** One of the exit statuses the command promises. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]

/**
 * Ends a command with a sentence for people on stderr, a status, and with `--json` one document on
 * stdout. Thrown by commands, caught only in `run.ts`.
 */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exit: ExitStatus
  readonly document: unknown

  constructor(exit: ExitStatus, message: string, document?: unknown) {
    super(message)
    this.exit = exit
    this.document = document ?? { error: 'failure', detail: message }
  }
}

/** A command that was called wrongly: the sentence says how to call it. */
export function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message, { error: 'usage', detail: message })
}

/** The status of a refusal by its code; a word this version does not know counts as denied. */
export function exitOf(code: string): ExitStatus {
  const entry = REFUSALS.get(code as RefusalCode)
  return (entry?.exit ?? EXIT.denied) as ExitStatus
}

/** A refusal as one sentence with its reasons and the next step below, and its code's status. */
export function refused(
  problem: {
    readonly code: string
    readonly title: string
    readonly request_id?: string
    readonly reasons?: readonly Reason[]
  },
  next?: string,
): CommandFailure {
  const reasons = (problem.reasons ?? []).map(
    ({ pointer, detail }) => `\n  ${pointer === '' ? '(all of it)' : pointer}  ${detail}`,
  )
  const request = problem.request_id === undefined ? '' : ` [${problem.request_id}]`
  const step = next === undefined ? '' : `\nNext: ${next}`
  const message = `${problem.title} (${problem.code})${request}${reasons.join('')}${step}`
  return new CommandFailure(exitOf(problem.code), message, problem)
}
