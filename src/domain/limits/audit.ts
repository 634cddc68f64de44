/** Limits of looking through the audit trail, and of streams of events. */

/** Records one search looks at before it answers with what it has and where to go on: a second. */
export const AUDIT_SEARCH_ROWS_MAX = 50_000
/** Records found that one answer of a search holds. */
export const AUDIT_FOUND_MAX = 200

/** How often a stream of events looks for what changed, in any process: a cascade shows at once. */
export const EVENT_STREAM_POLL_MS = 250
/** Readers of a stream of events that ended come again after this long. */
export const EVENT_STREAM_RETRY_MS = 1_000
/** Streams of events that one process keeps open. */
export const EVENT_STREAMS_MAX = 256
/** Streams of events of one caller at one process: some windows of a console. */
export const EVENT_STREAMS_PER_CALLER_MAX = 16
/** Records one look of a stream tells of; what more was decided meanwhile is told as a number. */
export const ACTIVITY_ROWS_MAX = 200
