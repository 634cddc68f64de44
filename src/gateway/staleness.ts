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
 * Whether enough is known for calls of a route to go on: false once what is known is older than the
 * route allows. Undefined on a route that the authority decides.
 */
export function freshness(route: Route, staleness: Staleness): (() => boolean) | undefined {
  const { mode } = route
  return mode.kind === 'detached' ? () => staleness() <= mode.maxStaleSeconds : undefined
}
