/** Limits of bearer handles. */

/** A handle lives this long unless asked otherwise, and never longer than its lease. */
export const HANDLE_TTL_SECONDS_DEFAULT = 60 * 60
/** Handles of one lease that stand: one for each place it is used in, and no crowd. */
export const HANDLES_PER_LEASE_MAX = 32
/** Addresses one handle may be bound to. */
export const HANDLE_ADDRESSES_MAX = 16
/** Handles that nobody knows, from one address in a minute; then it is told to come back. */
export const HANDLE_MISSES_PER_MINUTE = 30
