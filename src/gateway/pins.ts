import { LRUCache } from 'lru-cache'
import type { NameInTree } from '../domain/dns-pin.ts'
import { DNS_PIN_ADDRESSES_MAX, DNS_PINS_CACHED_MAX } from '../domain/limits.ts'
import type { Log } from '../log.ts'
import type { Resolve } from '../outbound/checked-lookup.ts'
import { timelyResolve } from '../outbound/shared-resolve.ts'

/** Where pins are kept for all processes. A pin that stands never changes. */
export interface PinKeeper {
  read(name: NameInTree): Promise<readonly string[] | undefined>
  /** Pins unless somebody did; answers the addresses that stand. */
  pin(name: NameInTree, addresses: readonly string[]): Promise<readonly string[]>
  /** The pinned addresses do not answer, and the name has others. */
  moved(name: NameInTree): Promise<void>
}

/** A name has no address, or none that could be told in time. */
export class UnresolvedName extends Error {
  readonly code = 'WRIT_UNRESOLVED_NAME'
}

/** The addresses trees of leases are pinned to. */
export interface Pins {
  /** Those of a pin this process has seen; undefined when it has to be asked for. */
  known(name: NameInTree): readonly string[] | undefined
  /**
   * Those that stand, pinning the name when nobody did. Throws `UnresolvedName`, and whatever the
   * keeper throws when it can not know.
   */
  ask(name: NameInTree): Promise<readonly string[]>
  /** A call got no connection to any of them: tells, once for each pin, when the name has moved. */
  unanswered(name: NameInTree): void
}

/**
 * Opens the pins of one gateway. Without a keeper they live here alone: each gateway pins a tree by
 * its own first call, and forgets the pins that were used longest ago beyond DNS_PINS_CACHED_MAX.
 */
export function createPins(setup: {
  readonly resolve: Resolve
  readonly keeper: PinKeeper | undefined
  readonly log: Log
}): Pins {
  const { keeper, log } = setup
  const resolve = timelyResolve(setup.resolve)
  const cache = new LRUCache<string, readonly string[]>({ max: DNS_PINS_CACHED_MAX })
  const told = new LRUCache<string, true>({ max: DNS_PINS_CACHED_MAX })
  const asking = new Map<string, Promise<readonly string[]>>()
  const ask = async (name: NameInTree) => {
    const kept = await keeper?.read(name)
    if (kept !== undefined) return kept
    const found = await resolve(name.host).catch((cause: unknown) => {
      throw new UnresolvedName('the name can not be resolved', { cause })
    })
    if (found.length === 0) throw new UnresolvedName('the name has no address')
    const addresses = found.slice(0, DNS_PIN_ADDRESSES_MAX)
    return keeper === undefined ? addresses : keeper.pin(name, addresses)
  }
  const tell = async (name: NameInTree) => {
    const key = keyOf(name)
    const pinned = cache.get(key) ?? []
    // Marked before it is asked: calls that fail together tell once.
    told.set(key, true)
    const found = await resolve(name.host)
    if (found.every((address) => pinned.includes(address))) {
      told.delete(key)
      return
    }
    log.warn('gateway.pin_unanswered', { root: name.root, host: name.host })
    await keeper?.moved(name)
  }
  return {
    known: (name) => cache.get(keyOf(name)),
    ask(name) {
      const key = keyOf(name)
      const under = asking.get(key)
      if (under !== undefined) return under
      const answer = ask(name)
        .then((addresses) => {
          cache.set(key, addresses)
          return addresses
        })
        .finally(() => asking.delete(key))
      asking.set(key, answer)
      return answer
    },
    unanswered(name) {
      if (told.has(keyOf(name))) return
      tell(name).catch((fault: unknown) => log.fault('gateway.pin', fault))
    },
  }
}

function keyOf({ root, host }: NameInTree): string {
  return `${root} ${host}`
}
