import type { LeaseId, TenantId } from './ids.ts'

/** A host name as one tree of leases knows it. */
export interface NameInTree {
  /** The root of the tree. */
  readonly root: LeaseId
  /** Lowercase, as it stands in the route. */
  readonly host: string
}

/** The same where several tenants share what keeps it. */
export interface PinnedName extends NameInTree {
  readonly tenant: TenantId
}

/**
 * The addresses a host name has for one tree of leases, for as long as the tree lives: whatever the
 * name says later is not followed. At least one, at most DNS_PIN_ADDRESSES_MAX.
 */
export interface DnsPin extends PinnedName {
  readonly addresses: readonly string[]
}
