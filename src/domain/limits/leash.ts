/** Limits of `leash+jwt` (LEASHX-03, LEASHX-07). */

/** A leash lives this long unless asked otherwise, and never longer than its lease. */
export const LEASH_TTL_SECONDS_DEFAULT = 60 * 60
/** The longest life of a leash; a rotated attestation key verifies as long (LEASHX-06). */
export const LEASH_TTL_SECONDS_MAX = 24 * 60 * 60
/** How far the time of an envelope may be from ours, either way. */
export const LEASH_WINDOW_SECONDS = 60
/** Words in the scope of one leash: a token is read whole before anything is known of it. */
export const LEASH_WORDS_MAX = 32
