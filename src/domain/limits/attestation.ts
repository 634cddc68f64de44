/** Bytes of a workload identity token: the largest clouds write some kilobytes of claims. */
export const FOREIGN_TOKEN_BYTES_MAX = 16 * 1024
/** Oldest token an issuer's entry may ask to accept: a day, the longest of common issuers. */
export const FOREIGN_TOKEN_AGE_SECONDS_MAX = 24 * 60 * 60
/** Age of a token where the issuer's entry says nothing: made for this very proof. */
export const FOREIGN_TOKEN_AGE_SECONDS_DEFAULT = 5 * 60
/** Keys read of one issuer: rotation needs two or three, large clouds publish a dozen. */
export const FOREIGN_KEYS_MAX = 64
/** Bytes of an issuer's key set: FOREIGN_KEYS_MAX keys of 4 KiB with their certificates. */
export const ISSUER_KEYS_BYTES_MAX = 256 * 1024
/** An issuer that does not answer in this time is away, so the proof is refused. */
export const ISSUER_KEYS_TIMEOUT_MS = 5_000
/** Keys of an issuer count this long without being fetched again (CDPX-27). */
export const ISSUER_KEYS_AGE_MS = 60 * 60 * 1_000
/** An issuer is asked again at most this often, whatever key names strangers make up. */
export const ISSUER_KEYS_AGAIN_MS = 30_000
/** A nonce is good for evidence this long (CDPX-03): time to ask an issuer for a token. */
export const NONCE_TTL_SECONDS = 5 * 60
/** Nonces one agent may hold: one in use, and some that got lost on the way. */
export const NONCES_PER_AGENT_MAX = 8
/** Nonces of all enrollments together: 13 a second for as long as each is good. */
export const NONCES_ENROLLMENT_MAX = 4_096
/** How often processes that were measured are looked at again (CDPX-06). */
export const PROCESS_POLL_MS = 2_000
/** A process that no authority has seen for this long counts as ended: its machine is away. */
export const PROCESS_UNSEEN_SECONDS = 30
/** Largest binary that is hashed: five times the largest runtimes. */
export const PROCESS_BINARY_BYTES_MAX = 512 * 1024 * 1024
/** Digests of scripts an agent may report of itself beside what is measured. */
export const PROCESS_SCRIPTS_MAX = 16
