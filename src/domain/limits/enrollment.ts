/** Limits of enrollment (LEASH-14..17, LEASHX-08). */

/** A one-time enrollment token lives this long unless asked otherwise: time to paste it once. */
export const ENROLLMENT_SECONDS_DEFAULT = 120
/** No enrollment token lives longer: an owner who waits longer makes another. */
export const ENROLLMENT_SECONDS_MAX = 15 * 60
/** An agent that registered waits this long for its owner: a lunch, not a holiday. */
export const REGISTRATION_PENDING_SECONDS = 60 * 60
/** What is approved has to be collected in this time; the agent asks every few seconds. */
export const REGISTRATION_COLLECT_SECONDS = 15 * 60
/** Invitations and registrations are kept this long after their end, for people who look back. */
export const ENROLLMENT_KEPT_SECONDS = 30 * 24 * 60 * 60
/** Characters of one word an agent says of its machine: shown to people, vouched for by nobody. */
export const PLATFORM_CHARACTERS_MAX = 200
/** Uses of enrollment tokens from one address in ENROLLMENT_TRIES_SECONDS, good or bad. */
export const ENROLLMENT_TRIES_MAX = 10
/** See ENROLLMENT_TRIES_MAX: five agents behind one address may register at once (LEASHX-08). */
export const ENROLLMENT_TRIES_SECONDS = 30
/** Wrong enrollment tokens from one address in GUESS_WINDOW_SECONDS before it is blocked. */
export const GUESS_MISSES_MAX = 10
/** See GUESS_MISSES_MAX: somebody who mistypes is done by then. */
export const GUESS_WINDOW_SECONDS = 5 * 60
/** The first block of an address that guesses. */
export const GUESS_BLOCK_SECONDS_FIRST = 15 * 60
/** The second block. */
export const GUESS_BLOCK_SECONDS_SECOND = 60 * 60
/** Every further block; after as long without a miss, an address begins anew. */
export const GUESS_BLOCK_SECONDS_MAX = 24 * 60 * 60
/** Addresses remembered for guessing; beyond it the one that was quiet longest is forgotten. */
export const GUESS_ADDRESSES_MAX = 10_000
