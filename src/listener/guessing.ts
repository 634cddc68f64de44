import { performance } from 'node:perf_hooks'
import {
  ENROLLMENT_TRIES_MAX,
  ENROLLMENT_TRIES_SECONDS,
  GUESS_ADDRESSES_MAX,
  GUESS_BLOCK_SECONDS_FIRST,
  GUESS_BLOCK_SECONDS_MAX,
  GUESS_BLOCK_SECONDS_SECOND,
  GUESS_MISSES_MAX,
  GUESS_WINDOW_SECONDS,
} from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/**
 * What stands between enrollment and who guesses its tokens (LEASHX-08): few tries, and blocks that
 * grow for addresses that miss. In this process's memory.
 */
export interface GuessingGuard {
  /** Counts one use of an enrollment token; refuses `rate_limited` beyond the tries, or blocked. */
  attempt(address: string): Result<void>
  /** Refuses `rate_limited` while the address is blocked. */
  requireUnblocked(address: string): Result<void>
  /** Counts a secret that is nobody's. */
  miss(address: string): void
}

interface Seen {
  tries: number
  triesFrom: number
  misses: number
  missesFrom: number
  blocks: number
  blockedUntil: number
}

const BLOCKS = [GUESS_BLOCK_SECONDS_FIRST, GUESS_BLOCK_SECONDS_SECOND, GUESS_BLOCK_SECONDS_MAX]

/** `nowMs` is a clock that never goes back. */
export function createGuessingGuard(
  triesMax: number = ENROLLMENT_TRIES_MAX,
  nowMs: () => number = () => performance.now(),
): GuessingGuard {
  const addresses = new Map<string, Seen>()

  const touch = (address: string): Seen => {
    const now = nowMs()
    const known = addresses.get(address)
    const seen = known === undefined || isForgotten(known, now) ? unseen(now) : known
    addresses.delete(address)
    addresses.set(address, seen)
    if (addresses.size > GUESS_ADDRESSES_MAX) forgetOne(addresses, now)
    return seen
  }
  const requireUnblocked = (address: string): Result<void> => {
    const seen = addresses.get(address)
    return seen === undefined ? accept(undefined) : waitUntil(seen.blockedUntil, nowMs())
  }
  return {
    requireUnblocked,
    attempt(address) {
      const free = requireUnblocked(address)
      if (!free.ok) return free
      const seen = touch(address)
      const now = nowMs()
      const end = seen.triesFrom + ENROLLMENT_TRIES_SECONDS * 1_000
      if (end <= now) {
        seen.tries = 0
        seen.triesFrom = now
      }
      seen.tries += 1
      return seen.tries > triesMax ? waitUntil(end, now) : accept(undefined)
    },
    miss(address) {
      const seen = touch(address)
      const now = nowMs()
      if (seen.missesFrom + GUESS_WINDOW_SECONDS * 1_000 <= now) {
        seen.misses = 0
        seen.missesFrom = now
      }
      seen.misses += 1
      if (seen.misses < GUESS_MISSES_MAX) return
      const seconds = BLOCKS[Math.min(seen.blocks, BLOCKS.length - 1)] ?? GUESS_BLOCK_SECONDS_MAX
      seen.blocks += 1
      seen.misses = 0
      seen.blockedUntil = now + seconds * 1_000
    },
  }
}

function unseen(now: number): Seen {
  return { tries: 0, triesFrom: now, misses: 0, missesFrom: now, blocks: 0, blockedUntil: 0 }
}

/** Quiet for the longest block, after the last block was over. */
function isForgotten(seen: Seen, now: number): boolean {
  const last = Math.max(seen.blockedUntil, seen.missesFrom, seen.triesFrom)
  return last + GUESS_BLOCK_SECONDS_MAX * 1_000 <= now
}

/**
 * The one that was quiet longest; a blocked one only when all are, so that nobody shakes off a
 * block by coming from many addresses, short of very many.
 */
function forgetOne(addresses: Map<string, Seen>, now: number): void {
  let oldest: string | undefined
  let looked = 0
  for (const [address, seen] of addresses) {
    oldest ??= address
    looked += 1
    if (seen.blockedUntil <= now) {
      addresses.delete(address)
      return
    }
    if (looked >= LOOKED_AT_MAX) break
  }
  if (oldest !== undefined) addresses.delete(oldest)
}

const LOOKED_AT_MAX = 64

function waitUntil(end: number, now: number): Result<void> {
  if (end <= now) return accept(undefined)
  return refuse('rate_limited', { retryAfterSeconds: Math.ceil((end - now) / 1_000) })
}
