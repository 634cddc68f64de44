import { describe, expect, it } from 'vitest'
import { RUNNING_JUDGED_AT_ONCE } from '../../src/domain/limits.ts'
import { createJudgeQueue } from '../../src/gateway/judge-queue.ts'

/** As many streams as one gateway may have to judge. */
const MANY = 10_000

describe('the queue of what is judged again', () => {
  it('judges each once, a few at a time, and lets the process do other things in between', async () => {
    const judged: number[] = []
    let [now, most, others] = [0, 0, 0]
    const queue = createJudgeQueue<number>(async (item) => {
      now += 1
      most = Math.max(most, now)
      await Promise.resolve()
      now -= 1
      judged.push(item)
    })
    const other = setInterval(() => (others += 1), 0)
    queue.add(Array.from({ length: MANY }, (_, index) => index))
    await expect.poll(() => judged.length, { timeout: 60_000 }).toBe(MANY)
    clearInterval(other)
    expect([new Set(judged).size, most]).toEqual([MANY, RUNNING_JUDGED_AT_ONCE])
    expect(others).toBeGreaterThan(1)
  })

  it('judges once more what is added while it is judged, and not twice what waits', async () => {
    const judged: string[] = []
    const answers: (() => void)[] = []
    const queue = createJudgeQueue<string>((item) => {
      judged.push(item)
      return new Promise((resolve) => answers.push(resolve))
    })
    queue.add(['a'])
    queue.add(['a'])
    expect(judged).toEqual(['a', 'a'])
    const more = Array.from({ length: RUNNING_JUDGED_AT_ONCE }, (_, index) => `${index}`)
    queue.add(more)
    queue.add(more)
    for (const answer of answers.splice(0)) answer()
    const answering = setInterval(() => answers.splice(0).forEach((answer) => void answer()), 1)
    await expect.poll(() => judged.filter((item) => item === more.at(-1)).length).toBe(1)
    clearInterval(answering)
  })

  it('one that fails, and one that gives no answer, keep none of the others waiting', async () => {
    const judged: string[] = []
    const queue = createJudgeQueue<string>((item) => {
      judged.push(item)
      if (item === 'fails') return Promise.reject(new Error())
      return item === 'hangs' ? new Promise(() => undefined) : Promise.resolve()
    })
    queue.add(['hangs', 'fails', 'a'])
    await expect.poll(() => judged).toEqual(['hangs', 'fails', 'a'])
    queue.add(['b'])
    expect(judged.at(-1)).toBe('b')
  })
})
