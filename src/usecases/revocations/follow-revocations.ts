import type { Result } from '../../domain/result.ts'
import { actorOf, type Caller } from '../caller.ts'
import type { World } from '../world.ts'

/**
 * Opens a stream of what changes in what is revoked, in the caller's tenant, as signed frames.
 * Refuses `overloaded` when too many follow. Whether the caller may at all is asked by `stillMay`
 * again and again; nothing is decided here, so nothing is recorded.
 */
export function followRevocations(
  world: World,
  caller: Caller,
  input: {
    readonly after: number
    readonly follow: boolean
    readonly stillMay: () => Promise<boolean>
    readonly cut: () => void
  },
): Result<ReadableStream<Uint8Array>> {
  return world.feed.subscribe({ tenant: caller.tenant, who: actorOf(caller), ...input })
}
