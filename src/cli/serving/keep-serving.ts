import { once } from 'node:events'
import { CommandFailure, EXIT } from '../outcome.ts'
import type { Output } from '../output.ts'
import { isWorker, keepWorkers, type Told, tellPrimary } from './workers.ts'

/** One serving process: how it starts, and what it says when it is ready. */
export interface ServingCommand<T> {
  readonly output: Output
  /** Processes that share the listeners; 1 is this one alone. */
  readonly workers: number
  /** Done once, before any process starts. */
  readonly prepare?: () => Promise<unknown>
  readonly start: () => Promise<T>
  /** The document for machines, and the lines for people. */
  readonly ready: (serving: T) => { readonly document: object; readonly lines: () => string }
}

/**
 * Starts, tells that it is ready, and serves until SIGTERM (ends with 0) or SIGINT (ends with 130).
 * Running calls are let end; a second signal ends the process at once. What keeps it from starting
 * is one sentence, not a stack. With several workers this process only watches over them.
 */
export async function keepServing<T extends { close(): Promise<void> }>(
  command: ServingCommand<T>,
): Promise<void> {
  const { output, workers, prepare = async () => undefined, start, ready } = command
  if (isWorker()) return serveHere(start, async (serving) => tellPrimary(toldOf(ready(serving))))
  if (workers > 1) {
    await prepare().catch(refuseToStart)
    return keepWorkers(workers, (told) => output.result(told.document, () => told.lines))
  }
  const startAlone = async () => {
    await prepare()
    return start()
  }
  return serveHere(startAlone, async (serving) => {
    const { document, lines } = ready(serving)
    await output.result(document, lines)
  })
}

async function serveHere<T extends { close(): Promise<void> }>(
  start: () => Promise<T>,
  ready: (serving: T) => Promise<void>,
): Promise<void> {
  const serving = await start().catch(refuseToStart)
  process.removeAllListeners('SIGINT')
  const stopped = untilStopped()
  await ready(serving)
  const exit = await stopped
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => isWorker() || process.exit(EXIT.interrupted))
  }
  await serving.close()
  process.exitCode = exit
  if (isWorker()) process.disconnect?.()
}

/** A terminal interrupts the workers as well; it is for the process over them to say so. */
function untilStopped(): Promise<number> {
  const terminated = once(process, 'SIGTERM').then(() => EXIT.ok)
  if (!isWorker()) {
    return Promise.race([terminated, once(process, 'SIGINT').then(() => EXIT.interrupted)])
  }
  process.on('SIGINT', () => undefined)
  return terminated
}

function toldOf(ready: { readonly document: object; readonly lines: () => string }): Told {
  return { document: ready.document, lines: ready.lines() }
}

function refuseToStart(cause: unknown): never {
  const sentence = cause instanceof Error ? cause.message : String(cause)
  throw new CommandFailure(EXIT.failure, `It does not start: ${sentence}`)
}
