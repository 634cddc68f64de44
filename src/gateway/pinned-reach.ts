import { rootOf } from '../domain/lease.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { TokenClaims } from '../domain/token.ts'
import type { Log } from '../log.ts'
import { type Pins, UnresolvedName } from './pins.ts'
import type { Route } from './route-table.ts'
import { isUnconnected } from './upstream.ts'

/** Where the tree of one call is pinned to, and whom to tell when nobody answers there. */
export interface PinnedReach {
  /** Undefined where nothing is pinned: the route says so, or its host is an address. */
  readonly pinned: readonly string[] | undefined
  /** Told of each error of the call. */
  failed(cause: unknown): void
}

const ANYWHERE: PinnedReach = { pinned: undefined, failed: () => undefined }

/**
 * What a call is pinned to, at once where this process knows it already. Refusals:
 * `upstream_unreachable` when the name has no address, `status_unknown` when the pin can not be
 * known.
 */
export function pinnedReach(
  route: Route,
  { lease }: Pick<TokenClaims, 'lease'>,
  { pins, log }: { readonly pins: Pins; readonly log: Log },
): Result<PinnedReach> | Promise<Result<PinnedReach>> {
  const { pinnedHost: host } = route
  if (host === undefined) return accept(ANYWHERE)
  const name = { root: rootOf(lease.lineage), host }
  const reach = (pinned: readonly string[]): Result<PinnedReach> =>
    accept({
      pinned,
      failed: (cause) => {
        if (isUnconnected(cause)) pins.unanswered(name)
      },
    })
  const known = pins.known(name)
  if (known !== undefined) return reach(known)
  return pins.ask(name).then(reach, (error: unknown) => {
    if (error instanceof UnresolvedName) return refuse('upstream_unreachable', { host })
    log.fault('gateway.pin', error, { host })
    return refuse('status_unknown')
  })
}
