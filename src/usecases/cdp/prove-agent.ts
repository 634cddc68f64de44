import type { AgentUri, CertificateThumbprint, RequestId } from '../../domain/ids.ts'
import { DEFAULT_TENANT } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { provenSigner } from '../../pki/key-proof.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import type { AgentCaller } from '../caller.ts'
import type { World } from '../world.ts'

/** Who an end without TLS was proven to be, and until when that counts. */
export interface ProvenAgent {
  readonly uri: AgentUri
  readonly certificate: CertificateThumbprint
  readonly notAfter: EpochSeconds
}

/** What an agent signs to register where there is no TLS. */
export interface SignedRegistration {
  readonly agentId: string
  readonly agentVersion: string
  readonly nonce: string
  /** As it came. */
  readonly timestamp: string
  readonly certificatePem: string
  readonly signature: Uint8Array
}

/**
 * Who signed a registration: its text names this authority, so that it is good at no other, and
 * nonce and time, so that it counts once. Says nothing of which process is at the other end.
 * Refusals: those of `provenSigner`.
 */
export function proveByKey(
  { issuer, trustDomain, ca, clock }: Pick<World, 'issuer' | 'trustDomain' | 'ca' | 'clock'>,
  { agentId, agentVersion, nonce, timestamp, ...proof }: SignedRegistration,
): Result<ProvenAgent> {
  const text = ['writ-cdp-register-v1', issuer, agentId, agentVersion, nonce, timestamp].join('\n')
  const own = { trustDomain, rootPem: ca.rootPem, now: clock.now() }
  return provenSigner({ ...proof, text }, own)
}

/**
 * The agent behind a proof as it stands now; asked anew for each call. Refusals: `unauthenticated`,
 * `certificate_expired`, `revoked`, `suspended`.
 */
export function standingCaller(
  { store, clock }: Pick<World, 'store' | 'clock'>,
  { uri, certificate, notAfter }: ProvenAgent,
  request: RequestId,
): Promise<Result<AgentCaller>> {
  return store.read(async (reads) => {
    if (clock.now() >= notAfter) return refuse('certificate_expired', { peer: uri, notAfter })
    const agent = await reads.agent(DEFAULT_TENANT, uri)
    if (agent?.role !== 'agent') return refuse('unauthenticated', { peer: uri })
    const usable = await requireUsable(reads, agent, certificate)
    if (!usable.ok) return usable
    return accept({ kind: 'agent', tenant: agent.tenant, request, uri, certificate })
  })
}
