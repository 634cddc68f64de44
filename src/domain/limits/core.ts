/** Limits of tokens, leases, scopes and redemptions. */

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
