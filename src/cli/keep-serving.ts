import { once } from 'node:events'
import { CommandFailure, EXIT } from './outcome.ts'

/**
 * Starts, tells `ready`, and serves until SIGTERM (ends with 0) or SIGINT (ends with 130). Running
 * calls are let end; a second signal ends the process at once. What keeps it from starting is one
 * sentence, not a stack.
 */
export async function keepServing<T extends { close(): Promise<void> }>(
  start: () => Promise<T>,
  ready: (serving: T) => Promise<void>,
): Promise<void> {
  const serving = await start().catch((cause: unknown) => {
    const sentence = cause instanceof Error ? cause.message : String(cause)
    throw new CommandFailure(EXIT.failure, `It does not start: ${sentence}`)
  })
  process.removeAllListeners('SIGINT')
  const stopped = Promise.race([
    once(process, 'SIGTERM').then(() => EXIT.ok),
    once(process, 'SIGINT').then(() => EXIT.interrupted),
  ])
  await ready(serving)
  const exit = await stopped
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => process.exit(EXIT.interrupted))
  }
  await serving.close()
  process.exitCode = exit
}
