/** Limits of the console (docs/subjects/console.md). */

/** A browser stays signed in for a working day, however busy it is. */
export const SESSION_SECONDS = 12 * 60 * 60
/** A session that nobody used for so long ends: somebody left the desk. */
export const SESSION_IDLE_SECONDS = 60 * 60
/** How exactly the last use of a session is kept: a write a minute and not one a request. */
export const SESSION_NOTE_SECONDS = 60
/** Sessions of one person; the one opened first ends when there is one more. */
export const SESSIONS_PER_PERSON_MAX = 16
/** Bytes of a sign-in: a token and no more. */
export const SIGN_IN_BYTES_MAX = 1_024
/** Files of the built console that are served; a folder with more is none of ours. */
export const CONSOLE_FILES_MAX = 64
