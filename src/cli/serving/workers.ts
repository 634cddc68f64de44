import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Config } from '../../settings/config.ts'
import { CommandFailure, EXIT } from '../outcome.ts'

/** What a process says when it is ready. */
export interface Told {
  readonly document: object
  readonly lines: string
}

/** Names a worker among its like, from 0. */
const WORKER_VARIABLE = 'WRIT_WORKER'
/** A worker that ended is replaced after this long, so that one that can not live does not spin. */
const RESTART_MS = 1_000

/** Whether another process of this command watches over this one. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** Tells the process over this one that it is ready. */
export function tellPrimary(told: Told): void {
  process.send?.(told)
}

/**
 * The settings of one worker: all share the listeners that serve, and each has an admin listener of
 * its own, on the ports that follow, since health and numbers are those of one process.
 */
export function forWorker(config: Config): Config {
  const admin = config['listeners.admin']
  if (!isWorker() || admin === 'auto' || admin === 'off' || admin.port === 0) return config
  const port = admin.port + Number(process.env[WORKER_VARIABLE] ?? 0)
  return { ...config, 'listeners.admin': { ...admin, port } }
}

/**
 * Runs this very command line in so many processes that share its listeners, tells once when all
 * are ready, replaces each that ends, and passes SIGTERM and SIGINT on. Ends when all have ended; a
 * second signal ends them at once. Throws when one does not get ready the first time.
 */
export async function keepWorkers(
  count: number,
  ready: (told: Told) => Promise<void>,
): Promise<void> {
  const indices = Array.from({ length: count }, (_, index) => index)
  const first = indices.map((index) => startWorker(index))
  const told = await Promise.all(first.map(({ ready: one }) => one)).catch((cause: unknown) => {
    for (const { worker } of first) worker.process.kill('SIGKILL')
    throw cause
  })
  let ending = false
  const ended = indices.map(async (index) => {
    let worker: Worker | undefined = first[index]?.worker
    while (worker !== undefined) {
      if (!worker.isDead()) await once(worker, 'exit')
      if (ending) return
      await new Promise((resolve) => setTimeout(resolve, RESTART_MS))
      if (ending) return
      const next = startWorker(index)
      next.ready.catch(() => undefined)
      worker = next.worker
    }
  })
  process.removeAllListeners('SIGINT')
  const exit = Promise.race([
    once(process, 'SIGTERM').then(() => EXIT.ok),
    once(process, 'SIGINT').then(() => EXIT.interrupted),
  ])
  await ready(joined(told))
  process.exitCode = await exit
  ending = true
  signalAll('SIGTERM')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      signalAll('SIGKILL')
      process.exit(EXIT.interrupted)
    })
  }
  await Promise.all(ended)
}

function startWorker(index: number): { readonly worker: Worker; readonly ready: Promise<Told> } {
  const worker = cluster.fork({ [WORKER_VARIABLE]: String(index) })
  const told = once(worker, 'message').then(([message]) => message as Told)
  const gone = once(worker, 'exit').then((): never => {
    throw new CommandFailure(EXIT.failure, 'It does not start: a worker ended before it was ready.')
  })
  return { worker, ready: Promise.race([told, gone]) }
}

function signalAll(signal: NodeJS.Signals): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
}

/** What the first says, and what differs between them. */
function joined(told: readonly Told[]): Told {
  const [first] = told
  if (first === undefined) throw new Error('there are no workers')
  const admin = told.flatMap(({ document }) => ('admin' in document ? [document.admin] : []))
  const document = {
    ...first.document,
    workers: told.length,
    ...(admin.length > 0 ? { admin } : {}),
  }
  return { document, lines: `${first.lines}\nworkers  ${told.length}` }
}
