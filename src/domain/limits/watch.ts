/** Limits of what watches the audit trail for anomalies, and of what is counted beside it. */

/** How often the watcher looks: what it finds is told within seconds. */
export const WATCH_LOOK_MS = 1_000
/** One process watches for this long before another may; renewed when half of it is over. */
export const WATCH_DUTY_SECONDS = 10
/** Records read at once: some hundred kilobytes. */
export const WATCH_ROWS_MAX = 500
/** Reads in a row before others get their turn; what is left waits for the next look. */
export const WATCH_ROUNDS_MAX = 20
/** Leases, agents or tokens a rule remembers; the longest unseen is forgotten first. */
export const WATCH_REMEMBERED_MAX = 10_000
/** The same finding about the same subject is told again after this long, not sooner. */
export const ANOMALY_QUIET_SECONDS = 10 * 60
/** Streaks are counted over this long. */
export const ANOMALY_WINDOW_SECONDS = 60
/** Refusals for want of scope of one agent within the window; a bug or two make fewer. */
export const ANOMALY_REFUSALS = 10
/** Tokens of one agent that come again within the window: a lost answer explains one or two. */
export const ANOMALY_REPLAYS = 3
/** Uses of what is revoked by one agent within the window: who was told stops earlier. */
export const ANOMALY_DEAD_USES = 5
/** A burst has at least this many calls in a minute, whatever the lease did before. */
export const ANOMALY_BURST_CALLS = 120
/** A burst is this many times the busiest earlier minute of its lease. */
export const ANOMALY_BURST_FACTOR = 5
/** Minutes of a lease's life before its own past says anything. */
export const ANOMALY_BURST_MINUTES = 3
/** Minutes of a lease's past that are remembered. */
export const ANOMALY_BASELINE_MINUTES = 60
/** A certificate that was replaced may still be used for this long: calls are under way. */
export const ANOMALY_CERTIFICATE_SECONDS = 5 * 60
/** How often it is counted who waits for people; numbers are rarely looked at more often. */
export const CENSUS_LOOK_MS = 15_000
/** Counting live leases rests so many times as long as it took: a twentieth of a core at most. */
export const CENSUS_REST = 19
/** Certificates and addresses remembered of one lease. */
export const ANOMALY_PLACES_MAX = 8
