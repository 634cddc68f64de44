import { setImmediate as nextTurn } from 'node:timers/promises'
import { RUNNING_JUDGED_AT_ONCE } from '../domain/limits.ts'

/** What waits to be judged again. */
export interface JudgeQueue<Item> {
  /** Each is judged once from now on, also when it is being judged as this is called. */
  add(items: Iterable<Item>): void
}

/**
 * Judges a few at a time and lets the process do other things in between, so that ten thousand
 * streams to judge keep no call that arrives from being served. Who judges tells of its failures
 * itself: one that rejects takes nothing from the others.
 */
export function createJudgeQueue<Item>(judge: (item: Item) => Promise<void>): JudgeQueue<Item> {
  const due = new Set<Item>()
  let running = 0
  // A set tells whoever goes through it also of what is added meanwhile, so each takes the next.
  const run = async () => {
    for (const item of due) {
      due.delete(item)
      await judge(item).catch(() => undefined)
      await nextTurn()
    }
    running -= 1
  }
  return {
    add(items) {
      for (const item of items) due.add(item)
      while (running < RUNNING_JUDGED_AT_ONCE && due.size > 0) {
        running += 1
        void run()
      }
    },
  }
}
