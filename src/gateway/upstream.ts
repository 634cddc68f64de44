import { LRUCache } from 'lru-cache'
import { buildConnector, Pool } from 'undici'
import {
  UPSTREAM_CONNECT_TIMEOUT_MS,
  UPSTREAM_CONNECTIONS_MAX,
  UPSTREAM_HEADERS_TIMEOUT_MS,
  UPSTREAM_IDLE_TIMEOUT_MS,
  UPSTREAM_POOLS_MAX,
} from '../domain/limits.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import { isPrivateAddress } from '../domain/scope/address.ts'
import {
  BlockedAddress,
  checkedLookup,
  isBlockedLiteral,
  type Resolve,
  systemResolve,
} from '../outbound/checked-lookup.ts'

/** How upstreams are reached. The times may be lowered. */
export interface UpstreamSettings {
  readonly resolve?: Resolve
  /** PEM of the authorities that upstreams are trusted by, instead of the public ones. */
  readonly authorities?: readonly string[]
  readonly headersTimeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly connectTimeoutMs?: number
}

/** Where a call may be dialed. */
export interface Reach {
  readonly privateNet: boolean
  /** The only addresses; undefined where the name is asked for each connection. */
  readonly pinned: readonly string[] | undefined
}

/** Connections to upstreams, kept open between calls. */
export interface Upstreams {
  /**
   * Connections to an origin, to be used at once. Those to private addresses are kept apart: a
   * connection opened for a grant with `private_net` never serves one without. So are those to the
   * addresses a tree is pinned to: nothing else is dialed for it.
   */
  pool(origin: string, reach: Reach): Pool
  close(): Promise<void>
}

/**
 * Opens nothing yet; connections are made when calls need them. A host name is resolved once for
 * each connection, every address it has is held against the rule, and one of these very addresses
 * is dialed; the name stays in SNI and in certificate verification. There is no second resolution
 * that could answer differently. A single private address among public ones blocks the name.
 */
export function createUpstreams(settings: UpstreamSettings = {}): Upstreams {
  const pools = new LRUCache<string, Pool>({
    max: UPSTREAM_POOLS_MAX,
    // What runs over it goes on to its end.
    dispose: (pool) => void pool.close().catch(() => undefined),
  })
  return {
    pool(origin, reach) {
      const to = reach.pinned === undefined ? '' : [...reach.pinned].sort().join(' ')
      const key = `${reach.privateNet ? 'private' : 'public'} ${origin} ${to}`
      const known = pools.get(key)
      if (known !== undefined) return known
      const pool = openPool(origin, reach, settings)
      pools.set(key, pool)
      return pool
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

function openPool(origin: string, reach: Reach, settings: UpstreamSettings): Pool {
  const { privateNet, pinned } = reach
  const { authorities, connectTimeoutMs } = settings
  const { resolve = systemResolve } =
    pinned === undefined ? settings : { resolve: async () => pinned }
  const isBlocked = privateNet ? () => false : isPrivateAddress
  const connect = buildConnector({
    lookup: checkedLookup(resolve, isBlocked),
    timeout: connectTimeoutMs ?? UPSTREAM_CONNECT_TIMEOUT_MS,
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
  })
  return new Pool(origin, {
    connections: UPSTREAM_CONNECTIONS_MAX,
    headersTimeout: settings.headersTimeoutMs ?? UPSTREAM_HEADERS_TIMEOUT_MS,
    bodyTimeout: settings.idleTimeoutMs ?? UPSTREAM_IDLE_TIMEOUT_MS,
    connect: (options, callback) => {
      if (isBlockedLiteral(options.hostname, isBlocked)) {
        callback(new BlockedAddress('the address of the upstream is private'), null)
        return
      }
      connect(options, callback)
    },
  })
}

const TIMEOUTS: readonly string[] = [
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]

/** Whether no connection could be made: nobody was at the addresses, or nobody answered there. */
export function isUnconnected(error: unknown): boolean {
  return UNCONNECTED.includes(codeOf(error))
}

const UNCONNECTED: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The refusal for a call whose upstream failed before it answered. */
export function upstreamRefusal(error: unknown): RefusalCode {
  const code = codeOf(error)
  if (code === 'WRIT_BLOCKED_ADDRESS') return 'upstream_refused'
  return TIMEOUTS.includes(code) ? 'upstream_timeout' : 'upstream_unreachable'
}
