import type { LeaseId, PrincipalId } from '../../domain/ids.ts'
import { type LeashClaims, requireLeashWords } from '../../domain/leash.ts'
import { LEASH_TTL_SECONDS_DEFAULT, LEASH_TTL_SECONDS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { earlier, later } from '../../domain/time.ts'
import type { Transaction } from '../../store/ports.ts'
import { isLeashHolderKey, leashId, signLeash } from '../../token/leash.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { findHeld } from '../leases/find-lease.ts'
import type { World } from '../world.ts'
import { activeLeashKeyId } from './attestation-keys.ts'
import { leashScope } from './leash-scope.ts'

/** What a holder may ask of a leash. */
export interface LeashInput {
  readonly lease: LeaseId
  /** Mandatory here: who it is shown to (LEASHX-02 leaves it out in version 1). */
  readonly audience: string
  readonly words: readonly string[]
  /** Ed25519 public key with which its holder will prove possession; base64url of 32 bytes. */
  readonly agentKey: string
  readonly ttlSeconds?: number | undefined
}

/** A leash as it is handed out, once. */
export interface MintedLeash {
  readonly leash: string
  readonly claims: LeashClaims
}

/**
 * The holder of a live lease (I1) takes a leash from it: an assertion, good for many proofs, of
 * some words of the lease. The newest of a lease voids those before it (LEASHX-02), and the row
 * that says so is committed before anything is signed: what was not published is not issued
 * (LEASHX-07).
 * Refusals: `malformed`, those of I6, `audience_mismatch`, `scope_not_granted`, `not_narrower`,
 * `policy_denied`, `approval_required`, `request_mismatch`, `expired`, `conflict`.
 */
export async function mintLeash(
  world: World,
  caller: Caller,
  input: LeashInput,
): Promise<Result<MintedLeash>> {
  const holder = requireAgent(caller)
  if (!holder.ok) return holder
  const words = requireLeashWords(input.words)
  if (!words.ok) return words
  if (!isLeashHolderKey(input.agentKey)) {
    const detail = 'An Ed25519 public key that is safe to verify with, base64url of 32 bytes.'
    return refuse('malformed', {}, [{ pointer: '/agent_pubkey', code: 'weak_key', detail }])
  }
  const decided = await decide(world, caller, 'leash.minted', (tx, details) =>
    mintIn(world, tx, { caller: holder.value, details, input }),
  )
  if (!decided.result.ok) return decided.result
  const { claims, subject } = decided.result.value
  const kid = activeLeashKeyId(world, subject)
  return accept({ claims, leash: await signLeash(world.keys.active('leash'), kid, claims) })
}

async function mintIn(
  world: World,
  tx: Transaction,
  from: {
    readonly caller: AgentCaller
    readonly details: RecordDetails
    readonly input: LeashInput
  },
): Promise<Result<{ readonly claims: LeashClaims; readonly subject: PrincipalId }>> {
  const { caller, details, input } = from
  const { audience, words, agentKey, ttlSeconds = LEASH_TTL_SECONDS_DEFAULT } = input
  details.lease = input.lease
  details.facts = { audience, words: words.length }
  const found = await findHeld(tx, caller, input.lease)
  if (!found.ok) return found
  const { lease, lineage, holder: agent } = found.value
  const standing = await contractsOf(tx, lineage)
  if (!standing.ok) return standing
  const { moved: contracts, ends } = standing.value
  const asked = { audience, words, certificate: caller.certificate, at: tx.now }
  const scope = leashScope(world, { lease, lineage, agent, contracts }, asked)
  if (!scope.ok) return scope
  if (ttlSeconds > LEASH_TTL_SECONDS_MAX) {
    const detail = 'The life asked for is longer than allowed.'
    return refuse('not_narrower', {}, [{ pointer: '/ttl_seconds', code: 'not_narrower', detail }])
  }
  const bounds = [...lineage, ...ends].map(({ expiresAt }) => expiresAt)
  const expiresAt = bounds.reduce(earlier, later(tx.now, ttlSeconds))
  if (expiresAt <= tx.now) return refuse('expired')
  const jti = world.ids.jti()
  const version = (await tx.leashVersion(caller.tenant, lease.id)) + 1
  const dates = { createdAt: tx.now, expiresAt }
  const { tenant, certificate } = caller
  const row = { tenant, jti, lease: lease.id, version, certificate, ...dates }
  const inserted = await tx.insertLeash(row)
  if (!inserted.ok) return inserted
  details.facts = { ...details.facts, jti, version }
  const claims: LeashClaims = {
    issuer: world.issuer,
    lease: lease.id,
    jti,
    issuedAt: tx.now,
    notBefore: tx.now,
    expiresAt,
    words,
    grantVersion: version,
    profileVersion: agent.contractVersion,
    agentKey,
    revocationUrl: `${world.issuer}/v1/public/leash/status/${leashId(jti)}`,
    audience,
  }
  return accept({ claims, subject: lease.subject })
}
