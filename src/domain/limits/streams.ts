/** Limits of what a tree of leases is pinned to, and of WebSockets. */

/** Bytes of one message of a WebSocket, in either direction; held while its use is debited. */
export const WEBSOCKET_MESSAGE_BYTES_MAX = 1024 * 1024
/** A WebSocket without a message for this long is closed: as any other silent call. */
export const WEBSOCKET_IDLE_MS = 300_000
/** What both ends of a WebSocket have for their farewell. */
export const WEBSOCKET_CLOSE_MS = 500

/** A name that is not resolved within this time is not pinned by whoever opens a lease. */
export const DNS_TIMEOUT_MS = 1_000
/** How long one answer serves for the leases that are opened meanwhile. */
export const DNS_ANSWER_MS = 5_000
/** Addresses of one name that a tree keeps; big services answer with eight or fewer. */
export const DNS_PIN_ADDRESSES_MAX = 16
/** Names that are resolved when a lease is opened; others are pinned by their first call. */
export const DNS_PINS_PER_OPENING_MAX = 16
/** Pins one process keeps in memory, some hundred bytes each. */
export const DNS_PINS_CACHED_MAX = 50_000
/** Sets of connections one gateway keeps: one for each upstream and what it is pinned to. */
export const UPSTREAM_POOLS_MAX = 1_024
