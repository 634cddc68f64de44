/** Limits of the labels of a tree. */

/** Labels of one tree: project, workspace, environment and some of one's own. */
export const LABELS_MAX = 8
/** Characters of a key: a word, perhaps with a prefix of who coined it. */
export const LABEL_KEY_CHARACTERS_MAX = 32
/**
 * Characters of a value: a name or a short path. All labels ride in each call token of the tree,
 * and with LABELS_MAX of this length take about a kB of the eight it may have.
 */
export const LABEL_VALUE_CHARACTERS_MAX = 64
/** Leases of a label that a preview looks at: about a second's work, and some MiB. */
export const LABEL_PREVIEW_LEASES_MAX = 200_000
