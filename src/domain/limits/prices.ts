/** Models in the price table of one route. */
export const PRICED_MODELS_MAX = 256
/** Bytes copied of an answer, or of one line of a stream, for its usage: answers are smaller. */
export const USAGE_BYTES_MAX = 1024 * 1024
/** How often a settlement is tried: a moment without the authority is bridged, not an outage. */
export const SETTLE_TRIES = 3
/** Before the second try of a settlement; each further pause is four times as long. */
export const SETTLE_PAUSE_MS = 100
