import { describe, expect, it } from 'vitest'
import {
  ENROLLMENT_TRIES_MAX,
  ENROLLMENT_TRIES_SECONDS,
  GUESS_ADDRESSES_MAX,
  GUESS_BLOCK_SECONDS_FIRST,
  GUESS_BLOCK_SECONDS_MAX,
  GUESS_BLOCK_SECONDS_SECOND,
  GUESS_MISSES_MAX,
  GUESS_WINDOW_SECONDS,
} from '../../src/domain/limits.ts'
import { createGuessingGuard, type GuessingGuard } from '../../src/listener/guessing.ts'

const HERE = '192.0.2.1'

function rig() {
  const clock = { ms: 1_000 }
  const guard = createGuessingGuard(undefined, () => clock.ms)
  return { clock, guard, wait: (seconds: number) => (clock.ms += seconds * 1_000) }
}

/** Seconds to wait, or 0 when nothing stands in the way. */
function waits(guard: GuessingGuard, address = HERE): number {
  const free = guard.requireUnblocked(address)
  return free.ok ? 0 : Number(free.refusal.facts['retryAfterSeconds'])
}

function guess(guard: GuessingGuard, times: number, address = HERE): void {
  for (let n = 0; n < times; n += 1) guard.miss(address)
}

describe('who guesses at enrollment', () => {
  it('LEASHX-08: is blocked after ten misses, and longer each time', () => {
    const { guard, wait } = rig()
    const blocks: number[] = []
    for (let round = 0; round < 4; round += 1) {
      guess(guard, GUESS_MISSES_MAX - 1)
      expect(waits(guard)).toBe(0)
      guess(guard, 1)
      blocks.push(waits(guard))
      wait(waits(guard))
      expect(waits(guard)).toBe(0)
    }
    expect(blocks).toEqual([
      GUESS_BLOCK_SECONDS_FIRST,
      GUESS_BLOCK_SECONDS_SECOND,
      GUESS_BLOCK_SECONDS_MAX,
      GUESS_BLOCK_SECONDS_MAX,
    ])
  })

  it('is refused while blocked without being looked up', () => {
    const { guard } = rig()
    guess(guard, GUESS_MISSES_MAX)
    const tried = guard.attempt(HERE)
    expect(tried.ok ? 'ok' : tried.refusal.code).toBe('rate_limited')
  })

  it('is forgiven a few misses when they are long ago', () => {
    const { guard, wait } = rig()
    guess(guard, GUESS_MISSES_MAX - 1)
    wait(GUESS_WINDOW_SECONDS)
    guess(guard, GUESS_MISSES_MAX - 1)
    expect(waits(guard)).toBe(0)
  })

  it('begins anew after as long a quiet as the longest block', () => {
    const { guard, wait } = rig()
    guess(guard, GUESS_MISSES_MAX)
    wait(GUESS_BLOCK_SECONDS_FIRST + GUESS_BLOCK_SECONDS_MAX)
    guess(guard, GUESS_MISSES_MAX)
    expect(waits(guard)).toBe(GUESS_BLOCK_SECONDS_FIRST)
  })

  it('keeps out nobody at another address', () => {
    const { guard } = rig()
    guess(guard, GUESS_MISSES_MAX)
    expect(waits(guard, '192.0.2.2')).toBe(0)
  })

  it('has few tries, good or bad, and gets them again', () => {
    const { guard, wait } = rig()
    for (let n = 0; n < ENROLLMENT_TRIES_MAX; n += 1) expect(guard.attempt(HERE).ok).toBe(true)
    expect(guard.attempt(HERE).ok).toBe(false)
    wait(ENROLLMENT_TRIES_SECONDS)
    expect(guard.attempt(HERE).ok).toBe(true)
  })

  it('does not shake off a block by coming from very many addresses', () => {
    const { guard } = rig()
    guess(guard, GUESS_MISSES_MAX)
    for (let n = 0; n < GUESS_ADDRESSES_MAX + 10; n += 1) guard.miss(`address ${n}`)
    expect(waits(guard)).toBe(GUESS_BLOCK_SECONDS_FIRST)
  })
})
