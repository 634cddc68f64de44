import { UNWATCHED_CALL_SECONDS } from '../domain/limits.ts'
import type { Route } from './route-table.ts'

/** Header of every decision on a detached route: how old our knowledge of revocations was. */
export const STALENESS_HEADER = 'Writ-Staleness'

/** Seconds for which newer revocations may be unknown; Infinity when nothing is known. */
export type Staleness = () => number

/**
 * Whole seconds, rounded up so that nothing looks fresher than it is, or `unknown`. Undefined on a
 * route that the authority decides: its knowledge has no age.
 */
export function stalenessOf(route: Route, staleness: Staleness): string | undefined {
  if (route.mode.kind !== 'detached') return undefined
  const seconds = Math.ceil(staleness())
  return Number.isSafeInteger(seconds) ? String(seconds) : 'unknown'
}

/**
 * Whether enough is known for a call that was admitted just now to go on. On a detached route,
 * false once what is known is older than the route allows. Where the authority decides, it knew all
 * when it admitted: false once neither that nor what was heard since is younger than
 * UNWATCHED_CALL_SECONDS, for then nobody could have cut the call.
 */
export function freshness(route: Route, staleness: Staleness): () => boolean {
  const { mode } = route
  if (mode.kind === 'detached') return () => staleness() <= mode.maxStaleSeconds
  const admittedAt = performance.now()
  const age = () => Math.min(staleness(), (performance.now() - admittedAt) / 1_000)
  return () => age() <= UNWATCHED_CALL_SECONDS
}
