import { RATE_SUB_WINDOWS } from './limits.ts'
import type { EpochSeconds } from './time.ts'

/**
 * Admissions by sub-window, oldest first: pairs of the number of a sub-window since 1970 and how
 * many were admitted in it.
 */
export type Counted = readonly (readonly [subWindow: number, admitted: number])[]

/** The seconds over which a contract's terms count. */
export const HOUR_SECONDS = 60 * 60
export const DAY_SECONDS = 24 * HOUR_SECONDS

/** How a rate stands at one moment. */
export interface RateStanding {
  /** The sub-window that an admission now is counted in. */
  readonly subWindow: number
  /** What still counts. */
  readonly kept: Counted
  readonly used: number
}

/** What a caller is told of the rate it is closest to. */
export interface RateLeft {
  readonly limit: number
  readonly remaining: number
  readonly perSeconds: number
  /** Seconds until the oldest of what counts no longer does. */
  readonly resetSeconds: number
}

/**
 * How a rate is counted: a sliding window made of at most RATE_SUB_WINDOWS sub-windows of whole
 * seconds, all of which count in full as long as any moment of them is within reach. So no stretch
 * of `perSeconds` seconds, wherever it begins, holds more admissions than the rate allows; an
 * admission may count up to one sub-window and one second longer than `perSeconds`. Seconds are
 * those of the store, and what is already counted is never in the future: under a clock that
 * stepped back, time stands still here until it has caught up.
 */
export function standingAt(counted: Counted, perSeconds: number, now: EpochSeconds): RateStanding {
  const width = widthOf(perSeconds)
  const newest = counted[counted.length - 1]?.[0] ?? 0
  const moment = Math.max(now, newest * width)
  const oldest = Math.floor((moment - perSeconds) / width)
  const kept = counted.filter(([subWindow]) => subWindow >= oldest)
  const used = kept.reduce((sum, [, admitted]) => sum + admitted, 0)
  return { subWindow: Math.floor(moment / width), kept, used }
}

/** The same with some admissions more, counted in the sub-window of now. */
export function countedWith({ kept, subWindow }: RateStanding, admitted: number): Counted {
  const newest = kept[kept.length - 1]
  if (newest?.[0] !== subWindow) return [...kept, [subWindow, admitted]]
  return [...kept.slice(0, -1), [subWindow, newest[1] + admitted]]
}

/**
 * Whole seconds from now until at most `most` of what is counted still counts; 0 when that is so
 * already.
 */
export function secondsUntil(
  counted: Counted,
  most: number,
  by: { readonly perSeconds: number; readonly now: EpochSeconds },
): number {
  const width = widthOf(by.perSeconds)
  let used = counted.reduce((sum, [, admitted]) => sum + admitted, 0)
  let until: number = by.now
  for (const [subWindow, admitted] of counted) {
    if (used <= most) break
    used -= admitted
    until = (subWindow + 1) * width + by.perSeconds
  }
  return Math.max(0, until - by.now)
}

/** Seconds of one sub-window. */
function widthOf(perSeconds: number): number {
  return Math.ceil(perSeconds / RATE_SUB_WINDOWS)
}
