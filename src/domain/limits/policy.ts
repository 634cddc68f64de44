/** Files of one policy set: a folder with more is no longer read by anybody. */
export const POLICY_FILES_MAX = 256
/** Bytes of one policy file, so that a wrong folder is found out before it fills the memory. */
export const POLICY_FILE_BYTES_MAX = 256 * 1024
/** Rules of one set: each decision looks at every one. */
export const POLICY_RULES_MAX = 1_000
/** Nesting of tables and lists in a policy file: deeper than any member that has a reader. */
export const POLICY_NESTING_MAX = 16
/** People whose yes one rule may ask for. */
export const POLICY_QUORUM_MAX = 10
/** Problems of one set that are told; one mended file at a time is enough work. */
export const POLICY_PROBLEMS_MAX = 50
/** Characters of what was asked for that a record keeps: a scope of some grants. */
export const POLICY_ASKED_CHARACTERS_MAX = 4_096
/** Bytes of a candidate set as it is sent to be replayed. */
export const POLICY_REPLAY_BYTES_MAX = 2 * 1024 * 1024
/** Records that are read unless asked otherwise: a busy hour, judged in about a second. */
export const POLICY_REPLAY_RECORDS_DEFAULT = 10_000
/** Records one replay may read. */
export const POLICY_REPLAY_RECORDS_MAX = 1_000_000
/** Records read at once, after which others get their turn. */
export const POLICY_REPLAY_PAGE = 256
/** Decisions that would change and are told one by one; the rest is counted. */
export const POLICY_REPLAY_EXAMPLES_MAX = 100
/** What is not known may have been so or otherwise: ways to go through for one decision. */
export const POLICY_REPLAY_WAYS_MAX = 64
/** Names of a policy folder that are not read, in one line of the log; their number is told too. */
export const POLICY_NAMES_TOLD_MAX = 20
