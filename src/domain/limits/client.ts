/** Limits of the client that agents import. */

/** One try of a request to the authority; longer than its own deadline. */
export const CLIENT_TIMEOUT_MS = 15_000
/** Tries of a request that may be sent again without doing anything twice. */
export const CLIENT_TRIES_MAX = 4
/** The first pause between two tries; each one is twice as long, and told ones count more. */
export const CLIENT_PAUSE_MS = 200
/** A longer pause that the service asks for is for the caller to decide. */
export const CLIENT_PAUSE_MS_MAX = 5_000
/** How often an agent that waits for a person looks. */
export const CLIENT_LOOK_MS = 1_000
