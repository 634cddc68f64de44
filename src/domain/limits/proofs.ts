/** Limits of proofs of possession (RFC 9449). */

/** Characters of a proof: a key, a long address and a nonce fit several times. */
export const PROOF_CHARACTERS_MAX = 8 * 1024
/** A proof is made for one request, so that only the way of it has to fit. */
export const PROOF_AGE_SECONDS_MAX = 60
/** Characters of the id of a proof: 96 bits in base64url, which nobody draws twice. */
export const PROOF_ID_CHARACTERS_MIN = 16
/** The longest id of a proof: twice a SHA-512 in hexadecimal, far beyond what clients draw. */
export const PROOF_ID_CHARACTERS_MAX = 256
/** A nonce for proofs counts at least this long and less than twice as long. */
export const PROOF_NONCE_SECONDS = 300
