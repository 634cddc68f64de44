import type { Agent } from '../../domain/agent.ts'
import {
  collectionStatement,
  type Registration,
  type RegistrationState,
  registrationState,
} from '../../domain/enrollment.ts'
import type { RegistrationId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { IssuedCertificate } from '../../pki/ca.ts'
import { readRequestKey } from '../../pki/csr.ts'
import type { Transaction } from '../../store/ports.ts'
import { type Caller, requireRegistrant } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'
import type { EnrolledAgent } from './enroll-agent.ts'
import { insertNamed } from './own-name.ts'

/**
 * An agent whose owner approved collects its certificate, exactly once: with the collect secret,
 * and a signature of its key over the challenge. Only now is there an agent, under the contract the
 * owner set. A lost answer is not given again: the owner then certifies the key anew.
 * Refusals: `forbidden`, `not_found` (another's registration), `approval_required` (nobody decided
 * yet), `approval_denied`, `expired`, `conflict` (collected before, or name or key went to another
 * meanwhile), `attestation_failed` (the proof does not hold).
 */
export async function collectCertificate(
  world: World,
  caller: Caller,
  input: { readonly registration: RegistrationId; readonly proof: string },
): Promise<Result<EnrolledAgent>> {
  const own = requireRegistrant(caller)
  if (!own.ok) return own
  const id = own.value.registration
  if (id !== input.registration) return refuse('not_found', { registration: id })
  const known = await world.store.read((reads) => reads.registration(caller.tenant, id))
  if (known === undefined) return refuse('not_found', { registration: id })
  const certificate = await certify(world, known, input.proof)

  const decided = await decide<Agent>(
    world,
    caller,
    'registration.collected',
    async (tx, details) => {
      details.facts = { registration: id, agent: known.uri }
      const now = await tx.registration(caller.tenant, id)
      const ready = requireApproved(now, tx.now)
      if (!ready.ok) return ready
      if (!certificate.ok) return certificate
      const agent = agentOf(ready.value, certificate.value, tx.now)
      if (agent === undefined) return refuse('approval_required')
      details.facts = { ...details.facts, certificate: agent.certificate }
      return settle(tx, agent, certificate.value, id)
    },
  )
  const { result } = decided
  if (!result.ok) return result
  if (!certificate.ok) return certificate
  const { rootPem } = world.ca
  return accept({ agent: result.value, certificate: certificate.value, rootPem })
}

/** A certificate that counts only once the agent is in the store. */
async function certify(
  world: World,
  registration: Registration,
  proof: string,
): Promise<Result<IssuedCertificate>> {
  const { id, csrPem, uri, challenge } = registration
  const key = await readRequestKey(csrPem)
  if (!key.ok) return key
  const statement = collectionStatement({ registration: id, challenge })
  if (!(await key.value.signed(statement, proof))) {
    return refuse('attestation_failed', { reason: 'proof' })
  }
  return world.ca.issueAgent({ csrPem, uri, now: world.clock.now() })
}

const STILL: Readonly<
  Record<
    Exclude<RegistrationState, 'approved'>,
    'approval_required' | 'approval_denied' | 'expired' | 'conflict'
  >
> = {
  pending: 'approval_required',
  denied: 'approval_denied',
  expired: 'expired',
  collected: 'conflict',
}

function requireApproved(
  registration: Registration | undefined,
  now: EpochSeconds,
): Result<Registration> {
  if (registration === undefined) return refuse('not_found')
  const state = registrationState(registration, now)
  return state === 'approved' ? accept(registration) : refuse(STILL[state], { state })
}

function agentOf(
  registration: Registration,
  certificate: IssuedCertificate,
  now: EpochSeconds,
): Agent | undefined {
  const { tenant, uri, owner, grant, attestation, platform } = registration
  const { binaryFingerprint: program } = platform
  if (grant === null) return undefined
  return {
    tenant,
    uri,
    role: 'agent',
    owner,
    contract: grant.contract,
    terms: grant.terms,
    contractVersion: 1,
    certificate: certificate.thumbprint,
    serverNames: [],
    attestation: program === null ? attestation : { ...attestation, program },
    enrolledAt: now,
  }
}

async function settle(
  tx: Transaction,
  agent: Agent,
  certificate: IssuedCertificate,
  id: RegistrationId,
): Promise<Result<Agent>> {
  const collected = await tx.collectRegistration(agent.tenant, id, tx.now)
  if (!collected) return refuse('conflict', { registration: id })
  const { tenant, uri } = agent
  const inserted = await insertNamed(tx, agent)
  if (!inserted.ok) return inserted
  const claimed = await tx.claimKey({ key: certificate.key, tenant, uri, at: tx.now })
  return claimed.ok ? accept(agent) : claimed
}
