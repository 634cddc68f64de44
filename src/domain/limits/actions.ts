/** Limits of calls that the service makes for an agent. */

/** A call made for an agent takes no longer, from first to last byte. */
export const ACTION_TIMEOUT_MS = 30_000
/** Bytes of an answer that is collected whole; what is longer has to be called for directly. */
export const ACTION_ANSWER_BYTES_MAX = 1024 * 1024
/** Headers an agent names for one call. */
export const ACTION_HEADERS_MAX = 32
/** Characters of one of their values: as much as a long cookie has. */
export const ACTION_HEADER_CHARACTERS_MAX = 4_096
