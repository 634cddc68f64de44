import type { FinalRecord, FinalState, Op, OpKind } from './history.ts'

/** What a history breaks; each list has to be empty. */
export interface Violations {
  /** A token that was spent more than once. */
  readonly I7: readonly string[]
  /** A success that began after the end of something above it had been answered. */
  readonly I9: readonly string[]
  /** A lease below which more was spent than it allows, or whose count is not what was spent. */
  readonly I11: readonly string[]
  /** Something acknowledged that is not there. */
  readonly lost: readonly string[]
  /** A trail that is not whole, or a decision without its one record. */
  readonly audit: readonly string[]
}

/** Kinds that decide, and so leave exactly one record each. */
const DECIDING: ReadonlySet<OpKind> = new Set([
  'open',
  'mint',
  'delegate',
  'redeem',
  'present',
  'renew',
  'release',
  'revoke',
  'suspend',
  'lift',
])
/** Kinds that must not succeed below what was ended. */
const BELOW: ReadonlySet<OpKind> = new Set(['mint', 'delegate', 'redeem', 'present', 'renew'])
/** Kinds that spend the token they name. */
const SPENDS: ReadonlySet<OpKind> = new Set(['present', 'redeem'])
/** Refusals that may come before or without a decision. */
const UNDECIDED: ReadonlySet<string> = new Set([
  'status_unknown',
  'overloaded',
  'rate_limited',
  'fault',
  'expired',
])
/** What may cut a call whose token had been spent already. */
const CUTS: ReadonlySet<string> = new Set(['revoked', 'suspended', 'released', 'expired'])
/** States in which nothing has been released; the worse ones hide it. */
const GOES_ON: ReadonlySet<string> = new Set(['live', 'exhausted', 'expired'])
const SPENDING: ReadonlySet<string> = new Set(['token.redeemed', 'delegation.redeemed'])

/**
 * Judges a history against what is found in the end. Knows nothing of Writ but its promises, and
 * decides whatever a lost answer leaves open in favour of the deployment, unless the audit trail
 * or the upstream says what became of it.
 */
export function check(history: readonly Op[], final: FinalState): Violations {
  const spent = final.records.filter(({ event, outcome }) => SPENDING.has(event) && outcome === OK)
  return {
    I7: singleUse(history, final, spent),
    I9: endsAtOnce(history, final, spent),
    I11: withinLimits(final, spent),
    lost: lostOf(history, final, spent),
    audit: auditOf(history, final),
  }
}

const OK = 'allowed'
const NEVER = Number.POSITIVE_INFINITY

/** I7: by answers, by receipts, by records and by the upstream's own count. */
function singleUse(
  history: readonly Op[],
  final: FinalState,
  spent: readonly FinalRecord[],
): string[] {
  const answers = new Map<string, number>()
  for (const op of history) {
    if (op.jti !== undefined && succeeded(op)) count(answers, op.jti)
  }
  const records = new Map<string, number>()
  for (const { jti } of spent) if (jti !== null) count(records, jti)
  return [
    ...twice(answers, 'was answered as spent'),
    ...twice(records, 'is recorded as spent'),
    ...twice(final.reached, 'reached the upstream'),
    ...[...final.reached.keys()]
      .filter((jti) => !records.has(jti))
      .map((jti) => `${jti} reached the upstream and no record says that it was spent`),
  ]
}

/** Whether a token was spent by this very request, as far as its client can know. */
function succeeded({ kind, outcome, receipt }: Op): boolean {
  if (!SPENDS.has(kind)) return false
  return outcome === 'ok' || receipt === true
}

function twice(times: ReadonlyMap<string, number>, what: string): string[] {
  return [...times].filter(([, n]) => n > 1).map(([jti, n]) => `${jti} ${what} ${n} times`)
}

/** When a lease was known to be ended; a suspension holds until somebody begins to lift it. */
interface End {
  readonly from: number
  readonly until: number
}

/** I9: what began after the end was answered, and was answered before it was lifted. */
function endsAtOnce(
  history: readonly Op[],
  final: FinalState,
  spent: readonly FinalRecord[],
): string[] {
  const ends = endsOf(history)
  const found: string[] = []
  for (const op of happened(history, final, spent)) {
    for (const lease of op.lineage) {
      const late = ends
        .get(lease)
        ?.some(({ from, until }) => from < op.invoked && (op.answered < until || until === NEVER))
      if (late) found.push(`${op.kind} ${op.jti ?? ''} below ${lease} at ${Math.round(op.invoked)}`)
    }
  }
  return found
}

/**
 * What took effect below a lease, whatever its client was told: by its answer, by a receipt, or by
 * the record of its request. A spend whose answer was lost began no earlier than the first request
 * that named its token.
 */
function happened(
  history: readonly Op[],
  final: FinalState,
  spent: readonly FinalRecord[],
): readonly Op[] {
  const allowed = new Set<string | undefined>()
  for (const { outcome, request } of final.records) if (outcome === OK) allowed.add(request)
  const known = history.filter(
    (op) => BELOW.has(op.kind) && (op.outcome === 'ok' || op.receipt || allowed.has(op.request)),
  )
  const told = new Set(known.map(({ jti }) => jti))
  const untold = new Set(spent.map(({ jti }) => jti).filter((jti) => !told.has(jti ?? undefined)))
  const first = new Map<string, Op>()
  for (const op of history) {
    const { kind, jti, invoked } = op
    if (!SPENDS.has(kind) || jti === undefined || !untold.has(jti)) continue
    if (invoked < (first.get(jti)?.invoked ?? NEVER)) first.set(jti, op)
  }
  return [...known, ...first.values()]
}

function endsOf(history: readonly Op[]): ReadonlyMap<string, readonly End[]> {
  const lifts = new Map<string, number[]>()
  for (const op of history) {
    if (op.kind === 'lift') append(lifts, leafOf(op), op.invoked)
  }
  const ends = new Map<string, End[]>()
  for (const op of history) {
    if (op.outcome !== 'ok') continue
    if (op.kind === 'revoke' || op.kind === 'release') {
      append(ends, leafOf(op), { from: op.answered, until: NEVER })
    } else if (op.kind === 'suspend') {
      const later = (lifts.get(leafOf(op)) ?? []).filter((at) => at > op.invoked)
      append(ends, leafOf(op), { from: op.answered, until: Math.min(...later) })
    }
  }
  return ends
}

/** I11: the trail says what was spent below each lease, lost answers included. */
function withinLimits(final: FinalState, spent: readonly FinalRecord[]): string[] {
  const uses = new Map<string, number>()
  for (const { event, lease } of spent) {
    if (event !== 'token.redeemed' || lease === null) continue
    for (const above of final.leases.get(lease)?.lineage ?? []) count(uses, above)
  }
  const found: string[] = []
  for (const [id, { maxUses, usesSpent }] of final.leases) {
    const recorded = uses.get(id) ?? 0
    if (maxUses !== null && recorded > maxUses) {
      found.push(`${recorded} uses below ${id}, which has ${maxUses}`)
    }
    if (usesSpent !== recorded) {
      found.push(`${id} counts ${usesSpent} uses, the trail ${recorded}`)
    }
  }
  return found
}

/** Everything acknowledged has to be found. */
function lostOf(
  history: readonly Op[],
  final: FinalState,
  spent: readonly FinalRecord[],
): string[] {
  const recorded = new Set(spent.map(({ jti }) => jti))
  const found: string[] = []
  for (const op of history) {
    const lost = op.outcome === 'ok' || op.receipt ? lossOf(op, final, recorded) : undefined
    if (lost !== undefined) found.push(lost)
  }
  return found.concat(lostReceipts(history))
}

function lossOf(
  op: Op,
  final: FinalState,
  recorded: ReadonlySet<string | null>,
): string | undefined {
  const leaf = leafOf(op)
  if (op.born !== undefined) {
    const id = op.born[op.born.length - 1] ?? ''
    const lineage = final.leases.get(id)?.lineage
    if (lineage?.join() !== op.born.join()) return `the lease ${id} is not there as it was born`
  }
  if (succeeded(op) && !recorded.has(op.jti ?? '')) return `the spend of ${op.jti} is not there`
  if (op.kind === 'revoke' && final.revocations.get(`lease:${leaf}`) !== 'revoked') {
    return `the revocation of ${leaf} is not there`
  }
  const lease = final.leases.get(leaf)
  if (op.kind === 'release' && (lease === undefined || GOES_ON.has(lease.state))) {
    return `the release of ${leaf} is not there`
  }
  if (op.expiresAt !== undefined && (lease?.expiresAt ?? 0) < op.expiresAt) {
    return `the renewal of ${leaf} is not there`
  }
  return undefined
}

/** A receipt that was asked for after the spend had been answered has to be there. */
function lostReceipts(history: readonly Op[]): string[] {
  const spentAt = new Map<string, number>()
  for (const op of history) {
    if (succeeded(op) && op.jti !== undefined) spentAt.set(op.jti, op.answered)
  }
  return history
    .filter(({ kind, code, jti, invoked }) => {
      const at = jti === undefined ? undefined : spentAt.get(jti)
      return kind === 'receipt' && code === 'not_found' && at !== undefined && at < invoked
    })
    .map(({ jti }) => `the receipt of ${jti} is not there`)
}

/** The trail is whole, and each answered decision has exactly one record, which says the same. */
function auditOf(history: readonly Op[], final: FinalState): string[] {
  const outcomes = new Map<string, string[]>()
  for (const { request, outcome } of final.records) append(outcomes, request, outcome)
  const found = final.auditProblem === null ? [] : [final.auditProblem]
  for (const op of history) {
    if (op.request === undefined || !DECIDING.has(op.kind)) continue
    const told = outcomes.get(op.request) ?? []
    const undecided = op.outcome === 'unknown' || UNDECIDED.has(op.code ?? '')
    const fits = undecided ? told.length <= 1 : told.length === 1 && says(op, told[0] ?? '')
    if (!fits) found.push(`${op.kind} ${op.request} (${op.code ?? op.outcome}): [${told}]`)
  }
  return found
}

function says({ kind, outcome, code = '' }: Op, recorded: string): boolean {
  if (outcome === 'ok') return recorded === OK
  const cut = kind === 'present' && (CUTS.has(code) || code.startsWith('upstream_'))
  return recorded === code || (cut && recorded === OK)
}

function leafOf({ lineage }: Op): string {
  return lineage[lineage.length - 1] ?? ''
}

function count(times: Map<string, number>, key: string): void {
  times.set(key, (times.get(key) ?? 0) + 1)
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
