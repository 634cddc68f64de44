import { median } from './row.ts'

/** How much a run may cost: `tiny` only shows that everything works, `full` takes what it takes. */
export type Effort = 'tiny' | 'quick' | 'usual' | 'full'

/**
 * Runs `work` for each of `items` with at most `width` in flight; answers items per second. Ends at
 * the first that throws.
 */
export async function rate<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<number> {
  const started = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
  return items.length / ((performance.now() - started) / 1_000)
}

/** Runs `work` for each of `items`, one after the other; answers microseconds of each. */
export async function times<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<readonly number[]> {
  const taken: number[] = []
  for (const item of items) {
    const started = performance.now()
    await work(item)
    taken.push((performance.now() - started) * 1_000)
  }
  return taken
}

/**
 * Measures several sides in turns, so that whatever else the machine does meets all of them. Every
 * other round goes backwards, so that no side is always the first. The first round warms up and
 * does not count.
 */
export async function inTurns(
  rounds: number,
  sides: readonly ((round: number) => Promise<number>)[],
): Promise<readonly (readonly number[])[]> {
  const measured = sides.map((): number[] => [])
  for (let round = 0; round <= rounds; round += 1) {
    const order = [...sides.keys()]
    if (round % 2 === 1) order.reverse()
    for (const side of order) {
      const value = await sides[side]?.(round)
      if (round > 0 && value !== undefined) measured[side]?.push(value)
    }
  }
  return measured
}

/**
 * The processor time of this process, all its threads, that measured work takes for each of its
 * items: what a busy machine changes least.
 */
export class ProcessorTime {
  readonly #micros: number[] = []

  /** Runs `work` on so many items; answers what it answers. */
  async of(items: number, work: () => Promise<number>): Promise<number> {
    const before = process.cpuUsage()
    const answer = await work()
    const { user, system } = process.cpuUsage(before)
    this.#micros.push((user + system) / items)
    return answer
  }

  /** The median of the rounds but the first, which warms up; µs. */
  median(): number {
    return median(this.#micros.slice(1))
  }
}
