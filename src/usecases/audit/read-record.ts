import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { genesisHash, recordHash } from '../../store/audit/chain-hash.ts'
import type { AuditRow, Reads } from '../../store/ports.ts'
import { verifyCheckpoint } from '../../token/checkpoint.ts'
import { type Caller, requireRole } from '../caller.ts'
import type { World } from '../world.ts'
import { isOfTenant } from './record-tenant.ts'

/** Newest checkpoints that are looked through for one that states a record. */
const CHECKPOINTS_LOOKED_AT = 20

/** One record, and what is known of its place. */
export interface AuditRecordNow {
  readonly row: AuditRow
  /** Whether its hash is that of its text, and it and its neighbours name each other. */
  readonly linked: boolean
  /**
   * The newest signed checkpoint that states a record at or behind this one; null while none does,
   * or when it is none of the last twenty.
   */
  readonly checkpoint: { readonly number: number; readonly at: EpochSeconds } | null
}

/**
 * Reads one record of the trail with its neighbours' hashes held against it; for owners and
 * operators. Says nothing of records further away: `verifyAudit` reads them all. Refuses
 * `not_found`, also for a record of another tenant.
 */
export async function readAuditRecord(
  world: World,
  caller: Caller,
  place: { readonly chain: string; readonly sequence: number },
): Promise<Result<AuditRecordNow>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const read = await world.store.read(async (reads) => {
    const { chain, sequence } = place
    const rows = await reads.auditRows({ chain, sequence: Math.max(0, sequence - 2) }, 3)
    const row = rows.find((other) => other.sequence === sequence)
    if (row === undefined || !isOfTenant(row, person.value.tenant)) return undefined
    const checkpoints = await reads.checkpoints({ limit: CHECKPOINTS_LOOKED_AT, cursor: null })
    return { row, linked: await isLinked(reads, rows, row), jwss: checkpoints.items }
  })
  if (read === undefined) return refuse('not_found')
  const { row, linked, jwss } = read
  for (const { number, at, jws } of jwss) {
    const stated = await verifyCheckpoint(jws, { keys: world.keys.archive, issuer: world.issuer })
    const head = stated.ok
      ? stated.value.chains.find(({ chain }) => chain === row.chain)
      : undefined
    if (head === undefined || head.sequence < row.sequence) continue
    return accept({ row, linked, checkpoint: { number, at } })
  }
  return accept({ row, linked, checkpoint: null })
}

async function isLinked(
  reads: Reads,
  rows: readonly AuditRow[],
  { chain, sequence, previousHash, hash, body }: AuditRow,
): Promise<boolean> {
  const before = rows.find((row) => row.sequence === sequence - 1)?.hash
  const expected = sequence === 1 ? await hashOfGenesis(reads, chain) : before
  const after = rows.find((row) => row.sequence === sequence + 1)
  const isOwn = recordHash(previousHash, body) === hash && previousHash === expected
  return isOwn && (after === undefined || after.previousHash === hash)
}

async function hashOfGenesis(reads: Reads, chain: string): Promise<string | undefined> {
  const begun = (await reads.auditChains()).find((other) => other.chain === chain)
  return begun === undefined ? undefined : genesisHash(begun.genesis)
}
