import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, platform } from 'node:os'
import { Children } from '../gateways.ts'
import { type Effort, inTurns } from '../measure.ts'
import { openStage } from '../stage.ts'
import { type Point, pointOf, type Sweep, type Sweeps } from './sweep.ts'

const THREADS = [1, 2, 4, 8]

/**
 * Throughput of one process by its cores and by its threads, and of several processes over one
 * store. Cores are taken away with `taskset`, which only Linux has.
 */
export async function sweepCores(effort: Effort): Promise<Sweeps> {
  const children = new Children()
  const shared = await openStage()
  try {
    const [rounds, count] = (
      { tiny: [1, 100], quick: [3, 3_000], usual: [7, 6_000], full: [15, 10_000] } as const
    )[effort]
    const cores = Array.from({ length: availableParallelism() }, (_, at) => at + 1)
    const terms = { children, rounds, count }
    const byCores = platform() === 'linux' ? await overCores(terms, cores) : []
    const together = await overProcesses(terms, cores, {
      dataDir: shared.config.data_dir,
      keysDir: shared.config.keys_dir,
    })
    const note = `64 calls in flight in each process, ${rounds} rounds of ${count}. This machine has ${cores.length}.`
    const threads = await overThreads(terms)
    return {
      cores: { x: 'cores', unit: 'per second', points: [...byCores, ...together], note },
      threads: threads,
    }
  } finally {
    await children.end()
    await shared.end()
  }
}

interface Terms {
  readonly children: Children
  readonly rounds: number
  readonly count: number
}

async function overCores(terms: Terms, cores: readonly number[]): Promise<readonly Point[]> {
  const started: ChildProcess[] = []
  for (const core of cores) {
    const command = ['taskset', '-c', `0-${core - 1}`]
    started.push((await terms.children.start('admission', {}, { command })).child)
  }
  return bothSides(terms, started, cores)
}

async function overThreads(terms: Terms): Promise<Sweep> {
  const started: ChildProcess[] = []
  for (const threads of THREADS) {
    const env = { ...process.env, UV_THREADPOOL_SIZE: String(threads) }
    started.push((await terms.children.start('admission', {}, { env })).child)
  }
  const points = await bothSides(terms, started, THREADS)
  const note = 'UV_THREADPOOL_SIZE; Node takes 4 when it is not set. All cores.'
  return { x: 'threads of the pool', unit: 'per second', points, note }
}

/** Bare verification and admission in each of the processes, in turns. */
async function bothSides(
  { rounds, count }: Terms,
  started: readonly ChildProcess[],
  xs: readonly number[],
): Promise<readonly Point[]> {
  const jobs = ['verify', 'admit'] as const
  const sides = jobs.flatMap((what) => started.map((child) => () => ask(child, { what, count })))
  const measured = await inTurns(rounds, sides)
  const series = ['bare Ed25519 verification', 'admission, one process']
  return measured.map((each, at) =>
    pointOf(series[Math.floor(at / xs.length)] ?? '', xs[at % xs.length] ?? 0, each),
  )
}

/** Several processes admit at once over one store; all they do together. */
async function overProcesses(
  { children, rounds, count }: Terms,
  cores: readonly number[],
  place: { readonly dataDir: string; readonly keysDir: string },
): Promise<readonly Point[]> {
  const started: ChildProcess[] = []
  for (const _ of cores) started.push((await children.start('admission', place)).child)
  const sides = cores.map((many) => async () => {
    const asked = { what: 'admit', count } as const
    const rates = await Promise.all(started.slice(0, many).map((child) => ask(child, asked)))
    return rates.reduce((sum, each) => sum + each, 0)
  })
  const measured = await inTurns(rounds, sides)
  return measured.map((each, at) =>
    pointOf('admission, one process a core, one store', cores[at] ?? 0, each),
  )
}

async function ask(
  child: ChildProcess,
  asked: { readonly what: 'verify' | 'admit'; readonly count: number },
): Promise<number> {
  child.send(asked)
  const [{ perSecond }] = (await once(child, 'message')) as [{ perSecond: number }]
  return perSecond
}
