import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { CONTENDERS, type ContenderName, JOBS, type Job, type Trait } from './contenders/port.ts'
import { Children } from './gateways.ts'
import type { Effort } from './measure.ts'
import { median, quantile, type Spread, short } from './row.ts'

/** What one contender came to. */
export interface Standing {
  readonly key: ContenderName
  readonly name: string
  readonly version: string
  readonly kind: 'library' | 'service'
  readonly traits: Readonly<Record<Trait, boolean | string>>
  readonly note: string
  /** What is done for one of each job. */
  readonly does: Readonly<Partial<Record<Job, string>>>
  readonly jobs: Readonly<Partial<Record<Job, { readonly perSecond: number } & Spread>>>
  /** Why there are no figures: it does not run here. */
  readonly absent?: string
}

/** Shortest time one measurement is to take. */
const TURN_MS: Readonly<Record<Effort, number>> = { tiny: 30, quick: 300, usual: 700, full: 1_500 }
const ROUNDS: Readonly<Record<Effort, number>> = { tiny: 1, quick: 3, usual: 7, full: 15 }

interface Opened {
  readonly key: ContenderName
  readonly child: ChildProcess
  readonly about: Omit<Standing, 'jobs' | 'key'>
}

/**
 * The same jobs by everybody, each in a process of its own, in turns: all contenders of one job in
 * each round, so that all meet the same machine.
 */
export async function benchContenders(
  effort: Effort,
  names: readonly ContenderName[],
  say: (text: string) => void,
): Promise<readonly Standing[]> {
  const children = new Children()
  try {
    const opened: Opened[] = []
    const absent: Standing[] = []
    for (const key of names) {
      say(`opening ${key}`)
      try {
        opened.push(await open(children, key))
      } catch (fault) {
        absent.push(absentee(key, fault))
      }
    }
    const measured = new Map<string, number[]>()
    for (const job of JOBS) {
      const able = opened.filter(({ about }) => about.does[job] !== undefined)
      say(`${job}: ${able.map(({ key }) => key).join(', ')}`)
      await takeTurns(able, job, { effort, measured })
    }
    await Promise.all(opened.map(({ child }) => ask(child, { end: true })))
    return [...opened.map(({ key, about }) => standingOf(key, about, measured)), ...absent]
  } finally {
    await children.end()
  }
}

async function open(children: Children, key: ContenderName): Promise<Opened> {
  const flags = ['--no-warnings', '--experimental-wasm-modules']
  const { child } = await children.start('contender', undefined, { flags })
  const about = (await ask(child, { open: key })) as Opened['about']
  return { key, child, about }
}

async function takeTurns(
  able: readonly Opened[],
  job: Job,
  { effort, measured }: { readonly effort: Effort; readonly measured: Map<string, number[]> },
): Promise<void> {
  const counts = new Map<ContenderName, number>()
  for (const { key, child } of able) {
    const { perSecond } = await turn(child, job, 64)
    counts.set(key, Math.max(64, Math.ceil((perSecond * TURN_MS[effort]) / 1_000)))
  }
  for (let round = 0; round <= ROUNDS[effort]; round += 1) {
    for (const { key, child } of round % 2 === 0 ? able : able.toReversed()) {
      const { perSecond } = await turn(child, job, counts.get(key) ?? 64)
      const place = `${key} ${job}`
      if (round > 0) measured.set(place, [...(measured.get(place) ?? []), perSecond])
    }
  }
}

function turn(child: ChildProcess, job: Job, count: number): Promise<{ perSecond: number }> {
  return ask(child, { job, count }) as Promise<{ perSecond: number }>
}

async function ask(child: ChildProcess, question: object): Promise<object> {
  const gone = new AbortController()
  const ended = once(child, 'exit', { signal: gone.signal }).then(() => {
    throw new Error('the process of the contender ended')
  })
  child.send(question)
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [{ fault?: string }]
  ended.catch(() => undefined)
  gone.abort()
  if (said.fault !== undefined) throw new Error(said.fault)
  return said
}

function standingOf(
  key: ContenderName,
  about: Opened['about'],
  measured: ReadonlyMap<string, readonly number[]>,
): Standing {
  const jobs: Partial<Record<Job, { perSecond: number } & Spread>> = {}
  for (const job of JOBS) {
    const values = measured.get(`${key} ${job}`)
    if (values === undefined) continue
    const [p25, p75] = [quantile(values, 0.25), quantile(values, 0.75)].map(short)
    jobs[job] = { perSecond: short(median(values)), p25: p25 ?? 0, p75: p75 ?? 0 }
  }
  return { key, ...about, jobs }
}

function absentee(key: ContenderName, fault: unknown): Standing {
  const [why = ''] = (fault instanceof Error ? fault.message : String(fault)).split('\n')
  const absent = `does not run on Node ${process.version}: ${why}`
  const traits = {} as Standing['traits']
  return {
    key,
    name: key,
    version: '',
    kind: 'library',
    traits,
    note: '',
    does: {},
    jobs: {},
    absent,
  }
}

/** Everybody there is. */
export const EVERYBODY = Object.keys(CONTENDERS) as readonly ContenderName[]
