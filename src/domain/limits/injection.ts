/** Limits of what the gateway puts into requests and takes out of answers. */

/** A shorter secret can not be told from ordinary text in an answer, so it is not injected. */
export const SCRUBBED_SECRET_BYTES_MIN = 8
/** Bytes by which one byte of a secret may be spelled, on average: what HTML needs at most. */
export const SPELLED_BYTES_PER_UNIT_MAX = 10
/** How often a placeholder may stand in one request. */
export const PLACEHOLDERS_MAX = 8
/** Backslashes in a secret: each may be read in three ways, so to look for more takes too long. */
export const SECRET_BACKSLASHES_MAX = 4
