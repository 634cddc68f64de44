/**
 * What PostgreSQL, or the network before it, said. Only the five characters of SQLSTATE are read:
 * texts differ by language and engine.
 */

/** The SQLSTATE of an answer of the server, or undefined: then the network failed. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown }
  const answered = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
  return answered && severity !== undefined ? code : undefined
}

/** Classes in which the same transaction may succeed later: nothing is wrong with it. */
const PASSING_CLASSES = ['08', '40', '53', '57', '58']
/** Lock not available; idle in a transaction for too long; sent to a server that only reads. */
const PASSING_STATES = ['55P03', '25P03', '25006']

/** Whether a transaction that failed with this *before* its commit was sent may be run again. */
export function isPassing(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state === undefined) return isOfTheNetwork(error)
  return PASSING_CLASSES.includes(state.slice(0, 2)) || PASSING_STATES.includes(state)
}

/**
 * Whether a commit that failed with this has certainly left nothing. A serialization failure, a
 * deadlock or a violated constraint is an answer; a lost connection, a shutdown or 40003 is none.
 */
export function isCertainlyUndone(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '40001' || state === '40P01' || state?.startsWith('23') === true
}

/** Two transactions wrote the same new key; the second finds it when it is run again. */
export function isDuplicate(error: unknown): boolean {
  return sqlStateOf(error) === '23505'
}

/** The schema has never been made here. */
export function isUndefinedTable(error: unknown): boolean {
  return sqlStateOf(error) === '42P01'
}

/** Somebody else has just made the table, or only the type of its rows so far. */
export function isDuplicateTable(error: unknown): boolean {
  return ['42P07', '42710'].includes(sqlStateOf(error) ?? '')
}

/** Errors of sockets carry a word such as ECONNRESET; those of the driver say it in a sentence. */
function isOfTheNetwork(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return /^E[A-Z_]+$/.test(code) && !code.startsWith('ERR_')
  return /connection|timeout|not queryable|client (was|has)/i.test(error.message)
}
