import type { DnsPin, PinnedName } from '../../domain/dns-pin.ts'

/** Reads about the addresses trees are pinned to. */
export interface DnsPinReads {
  /** The addresses of a name for a tree; undefined when none were pinned. They never change. */
  pinnedAddresses(name: PinnedName): Promise<readonly string[] | undefined>
}

/** Writes about the addresses trees are pinned to. */
export interface DnsPinWrites {
  /** Pins a name for a tree, unless it is; answers the addresses that stand. First writer wins. */
  pinAddresses(pin: DnsPin): Promise<readonly string[]>
}
