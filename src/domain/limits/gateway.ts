/** Limits of the gateway, its connections and its ledger. */

/** Upstream silence before headers arrive. */
export const UPSTREAM_HEADERS_TIMEOUT_MS = 30_000
/** A connection to an upstream that takes longer to open is given up. */
export const UPSTREAM_CONNECT_TIMEOUT_MS = 10_000
/** Upstream silence in the middle of a body: long enough for event streams with a heartbeat. */
export const UPSTREAM_IDLE_TIMEOUT_MS = 300_000
/** Connections to one upstream; calls beyond it wait. */
export const UPSTREAM_CONNECTIONS_MAX = 256
/** Calls a gateway has open at once; beyond it callers are told to come back (`overloaded`). */
export const GATEWAY_CALLS_MAX = 4_096
/** Calls one agent may have open at a gateway: a quarter of the connections to an upstream. */
export const GATEWAY_CALLS_PER_PEER_MAX = 64
/** Bytes of a request head at the gateway: a token, a target and as much again. */
export const GATEWAY_HEAD_BYTES_MAX = 32 * 1024
/** A request head that takes longer to arrive is given up. */
export const GATEWAY_HEAD_TIMEOUT_MS = 10_000
/** A body that is held to be judged has to arrive in this time. */
export const JUDGED_BODY_TIMEOUT_MS = 10_000
/** Client silence in the middle of a call: no shorter than that of an upstream. */
export const GATEWAY_IDLE_TIMEOUT_MS = 300_000
/** An idle client connection is closed after this long. */
export const GATEWAY_KEEP_ALIVE_MS = 60_000
/** A client connection is closed after the call that finds it older than this. */
export const GATEWAY_CONNECTION_SECONDS_MAX = 60 * 60
/** Longest notice a process may give that it will end: a minute of probes by a balancer. */
export const DRAIN_NOTICE_MS_MAX = 60_000
/** Longest time that running calls may hold up the end of a process: long answers, no uploads. */
export const DRAIN_DEADLINE_MS_MAX = 300_000
/** A call goes on this long when revocations are not heard of; then it is cut. */
export const UNWATCHED_CALL_SECONDS = 5
/** How often open calls are held against the end of their lease and certificate. */
export const IN_FLIGHT_SWEEP_MS = 100
/** Running calls judged at once when policies or contracts move; new calls are served between. */
export const RUNNING_JUDGED_AT_ONCE = 16
/** How often a process looks for revocations of others: open streams end within a few of these. */
export const IN_FLIGHT_POLL_MS = 25
/** Seconds a detached route may go without news of revocations, unless it says otherwise. */
export const DETACHED_STALE_SECONDS_DEFAULT = 5
/** What a detached route may ask for at most: the life of one token as it is by default. */
export const DETACHED_STALE_SECONDS_MAX = 60
/** How often a ledger of spent tokens notes the time, so that a copy put back is seen to be old. */
export const LEDGER_TICK_MS = 1_000
/** A ledger whose last note is older than this may be an old copy, and begins its memory anew. */
export const LEDGER_GAP_SECONDS = 10
