import type { EpochSeconds } from '../domain/time.ts'

/** RFC 3339 in UTC, to the second: as every face tells a moment. */
export function timeText(at: EpochSeconds): string {
  return `${new Date(at * 1000).toISOString().slice(0, 19)}Z`
}
