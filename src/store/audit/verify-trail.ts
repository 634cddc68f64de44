import type { ChainHead, CheckpointStatement } from '../../domain/audit.ts'
import { checkpointHash, genesisHash, readGenesis, recordHash } from './chain-hash.ts'
import type {
  AuditFinding,
  AuditItem,
  AuditVerdict,
  CheckpointChoice,
  Checkpointer,
} from './verdict.ts'

type RecordItem = Extract<AuditItem, { kind: 'record' }>
type CheckpointItem = Extract<AuditItem, { kind: 'checkpoint' }>
type ChainItem = Extract<AuditItem, { kind: 'chain' }>

/**
 * Verifies a trail: every record is hashed again and linked to the one before, every chain to its
 * genesis, and what checkpoints and geneses promise has to be there. Names the first thing that is
 * wrong. Records behind the last promise can be cut without notice: that is what checkpoints bound.
 */
export async function verifyTrail(
  items: AsyncIterable<AuditItem>,
  checkpointer: Pick<Checkpointer, 'verify'> | undefined,
  checkpoints: CheckpointChoice = 'all',
): Promise<AuditVerdict> {
  const trail = new Trail(checkpoints)
  for await (const item of items) {
    const bad = await judge(item, trail, checkpointer)
    if (bad !== undefined) return { whole: false, bad }
  }
  const bad = trail.end()
  return bad === undefined ? { whole: true, ...trail.counted } : { whole: false, bad }
}

async function judge(
  item: AuditItem,
  trail: Trail,
  checkpointer: Pick<Checkpointer, 'verify'> | undefined,
): Promise<AuditFinding | undefined> {
  if (item.kind === 'unreadable') return { problem: 'malformed', chain: null, sequence: item.line }
  if (item.kind === 'record') return trail.record(item)
  if (item.kind === 'chain') return trail.chain(item)
  return checkpointer === undefined ? undefined : checkpoint(item, trail, checkpointer)
}

async function checkpoint(
  item: CheckpointItem,
  trail: Trail,
  checkpointer: Pick<Checkpointer, 'verify'>,
): Promise<AuditFinding | undefined> {
  const verified = await checkpointer.verify(item.jws)
  if (!verified.ok) return { problem: 'checkpoint', chain: null, sequence: item.number }
  return trail.checkpoint(item, verified.value)
}

/** What has been seen so far, and what has been promised and not yet seen. */
class Trail {
  readonly counted = { chains: 0, records: 0, checkpoints: 0 }
  readonly #begins = new Map<string, string>()
  readonly #ended = new Map<string, number>()
  readonly #promised = new Map<string, Map<number, string>>()
  /** Hash the next older checkpoint has to have; null when there is none. */
  #previous: string | null | undefined
  #oldest = 0
  readonly #choice: CheckpointChoice
  #last: { readonly chain: string; readonly sequence: number; readonly hash: string } | undefined

  constructor(choice: CheckpointChoice) {
    this.#choice = choice
  }

  /** Checkpoints come newest first; each names the hash of the one before it in time. */
  checkpoint(item: CheckpointItem, statement: CheckpointStatement): AuditFinding | undefined {
    const due = this.#previous
    if (due !== undefined && due !== checkpointHash(item.jws)) {
      return { problem: 'checkpoint', chain: null, sequence: item.number }
    }
    this.#previous = statement.previous
    this.#oldest = item.number
    this.counted.checkpoints += 1
    return this.promise(statement.heads)
  }

  promise(heads: readonly ChainHead[]): AuditFinding | undefined {
    for (const { chain, sequence, hash } of heads) {
      const promised = this.#promised.get(chain) ?? new Map<number, string>()
      this.#promised.set(chain, promised)
      const other = promised.get(sequence)
      if (other !== undefined && other !== hash) return { problem: 'rewritten', chain, sequence }
      promised.set(sequence, hash)
    }
    return undefined
  }

  chain({ chain, genesis }: ChainItem): AuditFinding | undefined {
    const begun = readGenesis(genesis)
    if (begun?.chain !== chain || this.#begins.has(chain)) {
      return { problem: 'genesis', chain, sequence: 0 }
    }
    this.counted.chains += 1
    this.#begins.set(chain, genesisHash(genesis))
    return this.promise(begun.heads)
  }

  record(item: RecordItem): AuditFinding | undefined {
    const { chain, sequence } = item
    if (this.#last?.chain !== chain) {
      const bad = this.#endChain()
      if (bad !== undefined) return bad
    }
    const before = this.#last?.chain === chain ? this.#last : undefined
    const begin = this.#begins.get(chain)
    if (begin === undefined) return { problem: 'genesis', chain, sequence }
    const problem = problemOf(item, before, begin)
    if (problem !== undefined) return problem
    const promised = this.#promised.get(chain)
    const hash = promised?.get(sequence)
    if (hash !== undefined && hash !== item.hash) return { problem: 'rewritten', chain, sequence }
    promised?.delete(sequence)
    this.counted.records += 1
    this.#last = { chain, sequence, hash: item.hash }
    return undefined
  }

  /** After the last item: no chain without records, no promise left. */
  end(): AuditFinding | undefined {
    const cut = this.#endChain()
    if (cut !== undefined) return cut
    if (this.#choice === 'all' && typeof this.#previous === 'string') {
      return { problem: 'checkpoint', chain: null, sequence: this.#oldest - 1 }
    }
    for (const chain of this.#begins.keys()) {
      if (!this.#ended.has(chain)) return { problem: 'missing', chain, sequence: 1 }
    }
    for (const [chain, promised] of this.#promised) {
      if (promised.size > 0) {
        return { problem: 'cut', chain, sequence: (this.#ended.get(chain) ?? 0) + 1 }
      }
    }
    return undefined
  }

  /** A chain's records come in one piece; what is promised behind its last one was cut off. */
  #endChain(): AuditFinding | undefined {
    const last = this.#last
    if (last === undefined) return undefined
    this.#last = undefined
    if (this.#ended.has(last.chain)) {
      return { problem: 'misplaced', chain: last.chain, sequence: last.sequence }
    }
    this.#ended.set(last.chain, last.sequence)
    const open = this.#promised.get(last.chain)?.size ?? 0
    return open > 0 ? { problem: 'cut', chain: last.chain, sequence: last.sequence + 1 } : undefined
  }
}

function problemOf(
  item: RecordItem,
  before: { readonly sequence: number; readonly hash: string } | undefined,
  begin: string,
): AuditFinding | undefined {
  const { chain, sequence, previousHash, hash, body } = item
  const due = (before?.sequence ?? 0) + 1
  if (sequence > due) return { problem: 'missing', chain, sequence: due }
  if (sequence < due) return { problem: 'misplaced', chain, sequence }
  if (recordHash(previousHash, body) !== hash) return { problem: 'edited', chain, sequence }
  if (!standsAt(body, chain, sequence)) return { problem: 'misplaced', chain, sequence }
  if (previousHash === (before?.hash ?? begin)) return undefined
  return { problem: before === undefined ? 'genesis' : 'unlinked', chain, sequence }
}

function standsAt(body: string, chain: string, sequence: number): boolean {
  try {
    const record = JSON.parse(body) as { chain?: unknown; sequence?: unknown } | null
    return record?.chain === chain && record.sequence === sequence
  } catch {
    return false
  }
}
