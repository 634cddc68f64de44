/** Bytes of one attenuating token: what its draft recommends (AAT §4.3). */
export const AAT_TOKEN_BYTES_MAX = 64 * 1024
/** Bytes of a whole chain of them, likewise. */
export const AAT_CHAIN_BYTES_MAX = 256 * 1024
/** Bytes of a request that shows a chain: the chain, its proof, and the arguments once more. */
export const AAT_BODY_BYTES_MAX = 512 * 1024
/** Deepest link of a chain: each is a lease here, so LEASE_DEPTH_MAX; the draft asks for 8. */
export const AAT_DEPTH_MAX = 16
/** How far ahead a link may be dated, as the draft recommends: clocks of many issuers differ. */
export const AAT_IAT_SKEW_SECONDS = 30
/** Longest life of a link, as the draft recommends; ceilings here are hours, not months. */
export const AAT_LIFETIME_SECONDS_MAX = 90 * 24 * 60 * 60
/** How far a proof's time may be from ours, either way, as the draft recommends. */
export const AAT_PROOF_WINDOW_SECONDS = 30
/** Tools of one link: ten times what a scope here can name. */
export const AAT_TOOLS_MAX = 256
/** Characters of a tool's name: room for a URI. */
export const AAT_TOOL_CHARACTERS_MAX = 256
/** Characters of the id of a link or a proof: seven times a UUID; they stand in audit records. */
export const AAT_ID_CHARACTERS_MAX = 256
/** Audiences of one link: each is compared. */
export const AAT_AUDIENCES_MAX = 64
/** Constraints on one argument with all inside it: two links compare each with each. */
export const AAT_CLAUSES_MAX = 64
/** Nesting of a link's JSON: constraints nested SCOPE_NESTING_MAX deep take two levels each. */
export const AAT_JSON_NESTING_MAX = 40
/** Issuers of chains a deployment trusts: a chain is held against the keys of all of them. */
export const AAT_ISSUERS_MAX = 16
/** Keys of one such issuer: the one in force, the next one, and two algorithms of each. */
export const AAT_ISSUER_KEYS_MAX = 4
