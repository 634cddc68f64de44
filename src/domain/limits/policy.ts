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
