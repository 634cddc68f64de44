/** Limits of the revocation log, its feed, status lists and keys. */

import { CLOCK_SKEW_SECONDS, DECISION_DEADLINE_MS, TOKEN_TTL_SECONDS_MAX } from './core.ts'

/** Changes of the revocation log are kept this long: no call that runs is older than its lease. */
export const REVOCATION_LOG_SECONDS = 24 * 60 * 60
/**
 * What ends a lease, or moves a contract, matters this long to who holds nothing but tokens:
 * nothing is minted under it afterwards, and every token that is out is over by then.
 */
export const REVOCATION_MATTERS_SECONDS = TOKEN_TTL_SECONDS_MAX + CLOCK_SKEW_SECONDS
/**
 * A token that was minted this soon after a contract began to move may not know of it: a decision
 * and its commit may each take DECISION_DEADLINE_MS, and moments are whole seconds.
 */
export const CONTRACT_MOVE_SECONDS = (2 * DECISION_DEADLINE_MS) / 1_000 + 1
/** Changes read at once from the revocation log: some tens of kilobytes. */
export const REVOCATION_CHANGES_MAX = 256
/** A feed in which nothing happens says so this often: a fifth of the default `max_stale`. */
export const FEED_HEARTBEAT_MS = 1_000
/** How often who follows is looked at again: certificates end without a change in the log. */
export const FEED_RECHECK_MS = 5_000
/** Streams of the feed one process serves; gateways beyond it follow another process. */
export const FEED_SUBSCRIBERS_MAX = 1_024
/** Streams of one gateway or person: one that runs, one that replaces it, and as much again. */
export const FEED_SUBSCRIBERS_PER_PEER_MAX = 4
/** Changes a reader may be behind before a snapshot is the shorter way. */
export const FEED_CATCH_UP_MAX = 4_096
/** Bytes that wait for a slow reader beside its first events: some thousand changes. */
export const FEED_BUFFER_BYTES_MAX = 4 * 1024 * 1024
/** A reader that takes nothing for this long is cut off: it is staler than most accept. */
export const FEED_STALL_MS = 10_000
/** Subjects a reader of the feed holds: 1,500 ends a second while they matter, in 100 MB. */
export const FEED_SUBJECTS_MAX = 500_000
/** A reader that hears nothing for this long asks another authority: three heartbeats. */
export const FEED_SILENCE_MS = 3_000
/** Time to be connected to a feed, and again to its first byte: within the default `max_stale`. */
export const FEED_CONNECT_TIMEOUT_MS = 2_000
/** First pause before a feed is asked for again; doubles, with jitter. */
export const FEED_RETRY_MS = 100
/** Longest pause: a gateway is back within the longest `max_stale` once an authority is. */
export const FEED_RETRY_MS_MAX = 5_000
/** Bytes of a frame of the feed: REVOCATION_CHANGES_MAX of the longest subjects, in base64url. */
export const FEED_FRAME_BYTES_MAX = 1024 * 1024
/** Leases of one status list: 4 KiB of bits, a crowd to stand in, and one read that is bounded. */
export const STATUS_LIST_SIZE = 16_384
/** Status indexes a process draws at once: one short transaction for so many births. */
export const STATUS_INDEX_BLOCK = 1_024
/** A status list is handed out this long, and may be kept as long again: within a token's life. */
export const STATUS_LIST_TTL_SECONDS = 15
/** Status lists a process keeps, and strangers who may wait for one that is not kept. */
export const STATUS_LISTS_MAX = 64
/** A retired key still verifies this long: no token outlives TOKEN_TTL_SECONDS_MAX. */
export const KEY_OVERLAP_SECONDS = TOKEN_TTL_SECONDS_MAX + CLOCK_SKEW_SECONDS
