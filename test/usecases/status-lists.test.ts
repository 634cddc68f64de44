import { describe, expect, it } from 'vitest'
import { STATUS_LISTS_MAX } from '../../src/domain/limits.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { StatusLists, withStatusIndex } from '../../src/usecases/revocations/status-lists.ts'
import { KEYS } from '../vectors/material.ts'

describe('what strangers can make a process do', () => {
  const now = epochSeconds(1_800_000_000)

  /** Lists over a store whose reads wait until they are let go. */
  function counted(begun = Number.POSITIVE_INFINITY) {
    const gates: (() => void)[] = []
    const reads: number[] = []
    let draws = 0
    const lists = new StatusLists({
      issuer: 'https://writ.example',
      keys: { active: () => ({ ...KEYS.token, purpose: 'status' }) },
      store: {
        now: () => now,
        drawStatusIndexes: async () => 1_024 * draws++,
        read: async (work) => {
          await new Promise<void>((resolve) => gates.push(resolve))
          const statusList = async (list: number) => {
            reads.push(list)
            return list < begun ? new Map() : undefined
          }
          return work({ now, statusList } as never)
        },
      },
    })
    const release = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      gates.shift()?.()
    }
    return { lists, reads, gates, release, draws: () => draws }
  }

  it('is one read at a time, once for all who ask for one list', async () => {
    const { lists, reads, gates, release } = counted()
    const asked = [lists.read(0), lists.read(0), lists.read(1), lists.read(0)]
    await release()
    expect(gates).toHaveLength(0)
    await asked[0]
    await release()
    await Promise.all(asked)
    expect(reads).toEqual([0, 1])
  })

  it('has an end: beyond it they are told to come back', async () => {
    const { lists, release } = counted()
    const asked = Array.from({ length: STATUS_LISTS_MAX }, (_, list) => lists.read(list))
    const late = await lists.read(STATUS_LISTS_MAX)
    expect(late.ok ? 'made' : late.refusal.code).toBe('overloaded')
    let made = 0
    for (const one of asked) one.then(() => (made += 1))
    while (made < STATUS_LISTS_MAX) await release()
    expect((await asked[5])?.ok).toBe(true)
  })

  it('is remembered only where there is a list: one that begins is found at once', async () => {
    const { lists, reads, release } = counted(3)
    for (let round = 0; round < 2; round += 1) {
      const asked = lists.read(3)
      await release()
      const answer = await asked
      expect(answer.ok ? 'made' : answer.refusal.code).toBe('not_found')
    }
    expect(reads).toEqual([3, 3])
  })

  it('gives nobody a number twice', async () => {
    const { lists, draws } = counted()
    const taken = await Promise.all(Array.from({ length: 1_500 }, () => lists.takeIndex()))
    expect(new Set(taken).size).toBe(1_500)
    expect(draws()).toBe(2)
    expect(taken.slice(0, 1_024).every((index, at) => index === at)).toBe(false)
  })

  it('loses no number to births that are refused', async () => {
    const { lists } = counted()
    const given: unknown[] = []
    const birth = (result: Result<string>) =>
      withStatusIndex(lists, async ({ statusIndex }) => {
        given.push(statusIndex)
        return result
      })
    await birth(refuse('not_narrower'))
    await birth(accept('born'))
    await birth(accept('born'))
    expect([given[0] === given[1], given[1] === given[2]]).toEqual([true, false])
  })
})
