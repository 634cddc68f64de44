/** An approval waits this long for a yes unless set otherwise; then it is a no (CDP-37). */
export const APPROVAL_SECONDS_DEFAULT = 300
/** The longest an approval may be set to wait: a yes is about now, not about tomorrow. */
export const APPROVAL_SECONDS_MAX = 3_600
/** How long a yes can be used at least, so that one given in the last second is not lost. */
export const APPROVAL_CLAIM_SECONDS = 60
/** Owners that may be asked for: more of them never look at one thing in time. */
export const APPROVAL_QUORUM_MAX = 5
/** Approvals of one agent that wait at once: a person can not judge a flood (CDPX-22). */
export const APPROVALS_PENDING_PER_AGENT_MAX = 10
/** Approvals of one tree that wait at once, whoever in it asks. */
export const APPROVALS_PENDING_PER_ROOT_MAX = 20
/** Approvals one tree, or one agent without a tree, may ask for in a minute. */
export const APPROVALS_PER_MINUTE = 30
/** An agent that was just denied asks nothing for this long (CDPX-22). */
export const APPROVAL_COOLDOWN_SECONDS = 5
/** Look-alike approvals decided at once: as many as a person can read on one screen. */
export const APPROVAL_BATCH_MAX = 20
/** An approval that is over is shown this long; its records stay in the audit trail. */
export const APPROVAL_KEPT_SECONDS = 24 * 60 * 60
/** Approvals that one look of a stream tells of. */
export const APPROVAL_STREAM_ROWS = 100
