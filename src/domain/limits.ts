/**
 * Every number that bounds something, with its reason. Configuration may lower a limit, never raise
 * it. Relations between limits are asserted by test/domain/limits.test.ts.
 */

/** A token lives this long unless asked otherwise: time for one call, not for a theft. */
export const TOKEN_TTL_SECONDS_DEFAULT = 60
/** No token lives longer: the remote ceiling of CDPX-24. */
export const TOKEN_TTL_SECONDS_MAX = 300
/** Clock difference forgiven for `iat` and `nbf`, never for `exp`. */
export const CLOCK_SKEW_SECONDS = 30
/** A token is refused unread above this, and none is made that is larger. */
export const TOKEN_BYTES_MAX = 8 * 1024

/** A lease lives this long unless asked otherwise. */
export const LEASE_TTL_SECONDS_DEFAULT = 600
/** The sum of all time ever granted to one lease (CDP-21). */
export const LEASE_CUMULATIVE_SECONDS_MAX = 4 * 60 * 60
/** Renewals of one lease (CDP-20). */
export const LEASE_RENEWALS_MAX = 3
/** Depth a contract allows when it allows delegation and does not say how deep (root is 0). */
export const LEASE_DEPTH_DEFAULT = 3
/** Deepest position anywhere: lineage in a token and every lineage check stay bounded. */
export const LEASE_DEPTH_MAX = 16
/** Live children of one lease unless asked otherwise. */
export const LEASE_CHILDREN_DEFAULT = 10
/** Live children of one lease at most: they are counted in the redeeming transaction. */
export const LEASE_CHILDREN_MAX = 1_000
/** Leases ever born in one tree: bounds preview, export and storage of one root. */
export const TREE_LEASES_MAX = 2_000_000

/** Grants in a scope: subset is child grants times parent grants. */
export const SCOPE_GRANTS_MAX = 64
/** Entries in one list of a scope (hosts, paths, methods, audiences, values). */
export const SCOPE_ENTRIES_MAX = 64
/** Characters of one string in a scope. */
export const SCOPE_STRING_MAX = 1_024
/** Nesting of argument constraints (`all`, `any`), of JSON in scopes and of judged bodies. */
export const SCOPE_NESTING_MAX = 16
/** Bytes of a whole scope as JSON: it has to fit a token beside the other claims. */
export const SCOPE_BYTES_MAX = 5 * 1024
/** Budgets of a scope, one a unit. */
export const SCOPE_BUDGETS_MAX = 8
/** Largest budget amount: exact in a double with room to add (10^15 − 1). */
export const BUDGET_AMOUNT_MAX = 999_999_999_999_999
/** Decimals of a budget unit: enough for the smallest unit of any currency. */
export const BUDGET_DECIMALS_MAX = 18
/** Largest number of uses of a lease. */
export const LEASE_USES_MAX = 1_000_000_000
/** Uses of a lease whose contract does not say: absence never means unlimited. */
export const LEASE_USES_DEFAULT = 100
/** Longest window a rate is counted over: one day. */
export const RATE_SECONDS_MAX = 24 * 60 * 60
/** Oldest evidence a scope can ask for by number: one year; beyond it, say `any`. */
export const ATTESTATION_AGE_SECONDS_MAX = 365 * 24 * 60 * 60

/** Tokens minted by one request. */
export const MINT_BATCH_MAX = 64
/** Redemptions in one request of an enforcement point: enough to share a commit. */
export const REDEEM_BATCH_MAX = 64
/** Bytes of such a request: bodies held to be judged go along, beside 64 tokens and targets. */
export const REDEEM_BATCH_BYTES_MAX = 4 * 1024 * 1024
/** One redemption of a batch that takes the authority longer is refused: state unknown. */
export const REDEEM_DECISION_MS = 1_300
/** A call waits this long for its redemption at the authority; then the state is unknown. */
export const REDEEM_DEADLINE_MS = 1_600
/** Requests for redemption a gateway has under way; who comes meanwhile shares the next one. */
export const REDEEM_REQUESTS_MAX = 4
/** A request for redemption that takes longer makes no others wait, and others go elsewhere. */
export const REDEEM_SLOW_MS = 300
/** Calls that may wait for their redemption: no more than a gateway has open. */
export const REDEEM_QUEUE_MAX = 4_096
/** A connection to the authority that takes longer to open is tried at the next address. */
export const AUTHORITY_CONNECT_TIMEOUT_MS = 600
/** Bytes of an answer of the authority to a gateway. */
export const AUTHORITY_ANSWER_BYTES_MAX = 4 * 1024 * 1024
/** How often a gateway without a store fetches the published keys: a retired one is gone then. */
export const AUTHORITY_KEYS_REFRESH_MS = 5_000
/** Between two fetches for keys that nobody knows: made-up names can not flood the authority. */
export const AUTHORITY_KEYS_UNKNOWN_MS = 1_000
/** Published keys that could not be fetched again count this long, and no longer. */
export const AUTHORITY_KEYS_AGE_MS = 30_000
/** Requests an enforcement point may make in a minute: a few under way, each of a millisecond. */
export const ENFORCEMENT_REQUESTS_PER_MINUTE = 600_000
/** Settlements in one request. */
export const SETTLE_BATCH_MAX = 64
/** Bytes of a request body of the API. */
export const BODY_BYTES_MAX = 64 * 1024
/** Nesting of JSON read from a request. */
export const JSON_NESTING_MAX = 32
/** Bytes of a body the gateway holds in order to judge it; longer ones need no body rule. */
export const JUDGED_BODY_BYTES_MAX = 1024 * 1024
/** How often a call is judged again because contracts moved under it; then the state is unknown. */
export const JUDGED_ROUNDS_MAX = 3
/** Characters of one text of a request in its audit record: enough to find it, too few to flood. */
export const RECORDED_CHARACTERS_MAX = 1_024
/** Characters of a request target at the gateway. */
export const TARGET_CHARACTERS_MAX = 8 * 1024
/** Redemptions that share one commit: 64 already reach 12 times the single-commit rate. */
export const COMMIT_GROUP_MAX = 256
/** Redemptions that may wait; beyond it callers are told to come back (`overloaded`). */
export const COMMIT_QUEUE_MAX = 8_192
/**
 * Transactions one process runs at a time on PostgreSQL, each with an audit chain of its own. A
 * commit waits for the disk, and four already keep a disk and two cores busy; every lane more is a
 * connection and a chain more for each process.
 */
export const STORE_LANES = 4
/** A decision that takes longer is refused: state unknown. */
export const DECISION_DEADLINE_MS = 2_000
/** Upstream silence before headers arrive. */
export const UPSTREAM_HEADERS_TIMEOUT_MS = 30_000
/** A connection to an upstream that takes longer to open is given up. */
export const UPSTREAM_CONNECT_TIMEOUT_MS = 10_000
/** Upstream silence in the middle of a body: long enough for event streams with a heartbeat. */
export const UPSTREAM_IDLE_TIMEOUT_MS = 300_000
/** Connections to one upstream; calls beyond it wait. */
export const UPSTREAM_CONNECTIONS_MAX = 256
/** Calls a gateway has open at once; beyond it callers are told to come back (`overloaded`). */
export const GATEWAY_CALLS_MAX = 4_096
/** Calls one agent may have open at a gateway: a quarter of the connections to an upstream. */
export const GATEWAY_CALLS_PER_PEER_MAX = 64
/** Bytes of a request head at the gateway: a token, a target and as much again. */
export const GATEWAY_HEAD_BYTES_MAX = 32 * 1024
/** A request head that takes longer to arrive is given up. */
export const GATEWAY_HEAD_TIMEOUT_MS = 10_000
/** A body that is held to be judged has to arrive in this time. */
export const JUDGED_BODY_TIMEOUT_MS = 10_000
/** Client silence in the middle of a call: no shorter than that of an upstream. */
export const GATEWAY_IDLE_TIMEOUT_MS = 300_000
/** An idle client connection is closed after this long. */
export const GATEWAY_KEEP_ALIVE_MS = 60_000
/** A client connection is closed after the call that finds it older than this. */
export const GATEWAY_CONNECTION_SECONDS_MAX = 60 * 60
/** Longest notice a process may give that it will end: a minute of probes by a balancer. */
export const DRAIN_NOTICE_MS_MAX = 60_000
/** A call goes on this long when revocations are not heard of; then it is cut. */
export const UNWATCHED_CALL_SECONDS = 5
/** How often open calls are held against the end of their lease and certificate. */
export const IN_FLIGHT_SWEEP_MS = 100
/** How often a process looks for revocations of others: open streams end within a few of these. */
export const IN_FLIGHT_POLL_MS = 25
/** Seconds a detached route may go without news of revocations, unless it says otherwise. */
export const DETACHED_STALE_SECONDS_DEFAULT = 5
/** What a detached route may ask for at most: the life of one token as it is by default. */
export const DETACHED_STALE_SECONDS_MAX = 60
/** How often a ledger of spent tokens notes the time, so that a copy put back is seen to be old. */
export const LEDGER_TICK_MS = 1_000
/** A ledger whose last note is older than this may be an old copy, and begins its memory anew. */
export const LEDGER_GAP_SECONDS = 10

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
/** Changes of the revocation log are kept this long: no call that runs is older than its lease. */
export const REVOCATION_LOG_SECONDS = 24 * 60 * 60
/**
 * What ends a lease, or moves a contract, matters this long to who holds nothing but tokens:
 * nothing is minted under it afterwards, and every token that is out is over by then.
 */
export const REVOCATION_MATTERS_SECONDS = TOKEN_TTL_SECONDS_MAX + CLOCK_SKEW_SECONDS
/**
 * A token that was minted this soon after a contract began to move may not know of it: a decision
 * and its commit may each take DECISION_DEADLINE_MS, and moments are whole seconds.
 */
export const CONTRACT_MOVE_SECONDS = (2 * DECISION_DEADLINE_MS) / 1_000 + 1
/** Changes read at once from the revocation log: some tens of kilobytes. */
export const REVOCATION_CHANGES_MAX = 256
/** A feed in which nothing happens says so this often: a fifth of the default `max_stale`. */
export const FEED_HEARTBEAT_MS = 1_000
/** How often who follows is looked at again: certificates end without a change in the log. */
export const FEED_RECHECK_MS = 5_000
/** Streams of the feed one process serves; gateways beyond it follow another process. */
export const FEED_SUBSCRIBERS_MAX = 1_024
/** Streams of one gateway or person: one that runs, one that replaces it, and as much again. */
export const FEED_SUBSCRIBERS_PER_PEER_MAX = 4
/** Changes a reader may be behind before a snapshot is the shorter way. */
export const FEED_CATCH_UP_MAX = 4_096
/** Bytes that wait for a slow reader beside its first events: some thousand changes. */
export const FEED_BUFFER_BYTES_MAX = 4 * 1024 * 1024
/** A reader that takes nothing for this long is cut off: it is staler than most accept. */
export const FEED_STALL_MS = 10_000
/** Subjects a reader of the feed holds: 1,500 ends a second while they matter, in 100 MB. */
export const FEED_SUBJECTS_MAX = 500_000
/** A reader that hears nothing for this long asks another authority: three heartbeats. */
export const FEED_SILENCE_MS = 3_000
/** Time to be connected to a feed, and again to its first byte: within the default `max_stale`. */
export const FEED_CONNECT_TIMEOUT_MS = 2_000
/** First pause before a feed is asked for again; doubles, with jitter. */
export const FEED_RETRY_MS = 100
/** Longest pause: a gateway is back within the longest `max_stale` once an authority is. */
export const FEED_RETRY_MS_MAX = 5_000
/** Bytes of a frame of the feed: REVOCATION_CHANGES_MAX of the longest subjects, in base64url. */
export const FEED_FRAME_BYTES_MAX = 1024 * 1024
/** Leases of one status list: 4 KiB of bits, a crowd to stand in, and one read that is bounded. */
export const STATUS_LIST_SIZE = 16_384
/** Status indexes a process draws at once: one short transaction for so many births. */
export const STATUS_INDEX_BLOCK = 1_024
/** A status list is handed out this long, and may be kept as long again: within a token's life. */
export const STATUS_LIST_TTL_SECONDS = 15
/** Status lists a process keeps, and strangers who may wait for one that is not kept. */
export const STATUS_LISTS_MAX = 64
/** A retired key still verifies this long: no token outlives TOKEN_TTL_SECONDS_MAX. */
export const KEY_OVERLAP_SECONDS = TOKEN_TTL_SECONDS_MAX + CLOCK_SKEW_SECONDS
