/** Limits of the face for CDP. */

/** A request of CDP is of now, or this far from it: what its specification says (CDPX-03). */
export const CDP_WINDOW_SECONDS = 30
/** A nonce of a request counts as seen this long: ten windows, kept in the store (CDPX-03). */
export const REQUEST_NONCE_SECONDS = 5 * 60
/** Nonces of one agent that stand: 13 requests a second for as long as each counts. */
export const REQUEST_NONCES_PER_AGENT_MAX = 4_096
/** Lease requests that wait for a person, in one process: each holds a connection. */
export const CDP_WAITING_MAX = 256
/** Those of one agent: it asks its owner about as many things at once, and keeps nobody out. */
export const CDP_WAITING_PER_AGENT_MAX = 10
/** How often a waiting request looks whether somebody has answered. */
export const CDP_WAITING_POLL_MS = 500
/** Characters of what an agent says of itself: shown, compared with nothing. */
export const CDP_WORDS_CHARACTERS_MAX = 128
/** Capabilities an agent may name for itself. */
export const CDP_CAPABILITIES_MAX = 16
/** `cdp.credentials.list` in a minute, of one agent: nobody has to look more often (CDPX-21). */
export const CDP_LISTS_PER_MINUTE = 1
/** A published list of revoked tokens is good for this long (CDPX-31). */
export const TOKEN_LIST_SECONDS = 5 * 60
/** A process makes that list anew no more often: anyone may ask for it. */
export const TOKEN_LIST_AGAIN_SECONDS = 5
/** Tokens of CDP that have not ended, so that the list of those revoked stays a small document. */
export const ISSUED_TOKENS_MAX = 4_096
/** Those of one agent: a sixteenth, so that no single one keeps the others out. */
export const ISSUED_TOKENS_PER_AGENT_MAX = 256
/** An owner hears of the same misused handle again after this long. */
export const HANDLE_MISUSE_AGAIN_MS = 5 * 60 * 1_000
/** Bytes of one line on the local socket: a request with a long scope and a certificate. */
export const CDP_LINE_BYTES_MAX = 64 * 1024
/** Bytes of answers that one connection may leave unread before it is ended. */
export const CDP_UNREAD_BYTES_MAX = 1024 * 1024
/** Connections to the local socket. */
export const CDP_CONNECTIONS_MAX = 256
/** A connection that has not registered by then is ended: it holds a place. */
export const CDP_REGISTER_TIMEOUT_MS = 30_000
/** Requests one connection may have open at once: several wait for people, and some more. */
export const CDP_OPEN_REQUESTS_MAX = 16
/** Leases whose end one connection is told of; those it was granted last. */
export const CDP_FOLLOWED_LEASES_MAX = 256
