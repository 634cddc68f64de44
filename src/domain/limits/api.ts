/** Limits of certificates, of the API and of what is kept. */

/** Certificate of an agent: short, renewed over mTLS. */
export const AGENT_CERTIFICATE_SECONDS = 24 * 60 * 60
/** Certificate of our own listeners: issued anew at every start. */
export const SERVER_CERTIFICATE_SECONDS = 90 * 24 * 60 * 60
/** The built-in authority's root: long, because every agent pins it. */
export const ROOT_CERTIFICATE_SECONDS = 10 * 365 * 24 * 60 * 60
/** A certificate is valid from this long ago, for peers whose clocks are behind. */
export const CERTIFICATE_BACKDATE_SECONDS = 60
/** A TLS handshake that takes longer is given up. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 10_000
/** How often a gateway looks whether half of its certificate's life is over. */
export const OWN_CERTIFICATE_CHECK_MS = 60_000
/** Server names in the certificate of one enforcement point: one listener needs few. */
export const SERVER_NAMES_MAX = 16
/** Characters of a certificate request: a P-256 one with a long name takes about 1,000. */
export const CSR_BYTES_MAX = 8 * 1024
/** An idempotency key is remembered this long. */
export const IDEMPOTENCY_SECONDS = 24 * 60 * 60
/** Audit records between two signed checkpoints. */
export const CHECKPOINT_RECORDS = 1_000
/** Seconds between two signed checkpoints while records arrive. */
export const CHECKPOINT_SECONDS = 1
/** Chains one checkpoint joins: one for each process that runs, with room for the dead. */
export const CHECKPOINT_CHAINS_MAX = 1_024
/** Bytes of a signed checkpoint: CHECKPOINT_CHAINS_MAX heads with chain names of usual length. */
export const CHECKPOINT_BYTES_MAX = 256 * 1024
/** Rows on one page of a list. */
export const PAGE_ROWS_DEFAULT = 50
export const PAGE_ROWS_MAX = 200
/** A request head of the API that takes longer to arrive is given up: it holds a socket. */
export const API_HEAD_TIMEOUT_MS = 10_000
/**
 * A body of the API that takes longer is given up as malformed: nothing was decided, which a
 * decision that runs into DECISION_DEADLINE_MS, later, could not say.
 */
export const API_BODY_TIMEOUT_MS = 1_500
/** A request of the API has to be here whole in this time. */
export const API_REQUEST_TIMEOUT_MS = 30_000
/** An idle connection to the API is closed after this long. */
export const API_KEEP_ALIVE_MS = 15_000
/** Bytes of a request head of the API: a path, an id and a bearer token need far less. */
export const API_HEAD_BYTES_MAX = 16 * 1024
/** Connections to one listener of the API. */
export const API_CONNECTIONS_MAX = 4_096
/** Requests an address may make of the API in a minute without a credential we know. */
export const STRANGER_REQUESTS_PER_MINUTE = 300
/**
 * Reads a minute from one address of what is open to anybody and costs a look in the store: the
 * status of a leash, the list of CDP. Answers may be kept for longer than that asks.
 */
export const OPEN_READS_PER_MINUTE = 600
/** Leases of one tree in one answer. */
export const TREE_ROWS_MAX = 1_000
/** Audit records in one answer; the export has no bound. */
export const AUDIT_ROWS_MAX = 1_000
/** A tree is kept this long after the end of its root, for people who look back. */
export const TREE_KEPT_SECONDS = 30 * 24 * 60 * 60
/** Processes of one command: beyond it a machine is better served by more machines. */
export const WORKERS_MAX = 64
/** Requests one caller may make of the API in a minute. */
export const CALLER_REQUESTS_PER_MINUTE = 6_000
/** Reasons in one refusal: more help nobody, and a request would choose the answer's size. */
export const REASONS_MAX = 32
/** `reason` texts are shown to people as unverified (CDPX-22). */
export const REASON_CHARACTERS_MAX = 200

/** RFC 9116 wants less than a year; it counts from the start, when the settings were read. */
export const SECURITY_TEXT_DAYS = 180
