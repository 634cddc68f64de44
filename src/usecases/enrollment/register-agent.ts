import { randomBytes } from 'node:crypto'
import type { Appraised, Evidence } from '../../attestation/appraise.ts'
import {
  type PlatformFacts,
  type Registration,
  registrationStatement,
} from '../../domain/enrollment.ts'
import { type AgentUri, type KeyThumbprint, parseAgentUri } from '../../domain/ids.ts'
import { REGISTRATION_PENDING_SECONDS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { later } from '../../domain/time.ts'
import { readRequestKey } from '../../pki/csr.ts'
import type { Transaction } from '../../store/ports.ts'
import { appraiseEvidence, takeEvidence } from '../attestation/appraise-evidence.ts'
import { drawSecret, hashSecret } from '../bearer-secret.ts'
import { type Caller, type NewcomerCaller, requireNewcomer } from '../caller.ts'
import { decide, decideNo } from '../decide.ts'
import type { World } from '../world.ts'
import { attesterOf } from './enroll-agent.ts'
import { COLLECT_SECRET } from './enrollments.ts'
import { requireOwnName } from './own-name.ts'

/** Whose nonces the evidence of somebody without a certificate may name. */
const INVITED = 'enrollment'

/** What an invited agent sends. */
export interface RegisterInput {
  readonly name: string
  readonly csrPem: string
  /** The key's signature over `registrationStatement`. */
  readonly proof: string
  readonly evidence: Evidence
  readonly platform: PlatformFacts
  /** Where it came from, as the connection shows it. */
  readonly address: string | null
}

/** A registration, and the secret that collects its certificate; shown once. */
export interface Registered {
  readonly registration: Registration
  readonly collectSecret: string
}

/**
 * An invited agent asks to be let in: it proves its key in answer to the invitation's nonce, and
 * its evidence is appraised. The invitation is spent in the transaction that writes the
 * registration (LEASH-14); whatever is refused leaves it as it was. Nothing is granted here.
 * Refusals: `forbidden`, `malformed`, `attestation_failed` (also a proof that does not hold),
 * `conflict` (name or key are another's), `unauthenticated` (the invitation is over).
 */
export async function registerAgent(
  world: World,
  caller: Caller,
  input: RegisterInput,
): Promise<Result<Registered>> {
  const newcomer = requireNewcomer(caller)
  if (!newcomer.ok) return newcomer
  const uri = parseAgentUri(`spiffe://${world.trustDomain}/agent/${input.name}`)
  if (uri === undefined || input.name.includes('/')) {
    const detail = 'A name is one segment of letters, digits, dot, underscore and hyphen.'
    return refuse('malformed', {}, [{ pointer: '/name', code: 'name', detail }])
  }
  const checked = await check(world, newcomer.value, uri, input)
  if (!checked.ok) {
    const refused = { result: checked, facts: { agent: uri } }
    return decideNo(world, caller, 'registration.created', refused)
  }
  const collectSecret = drawSecret(COLLECT_SECRET)
  const work = (tx: Transaction) =>
    record(world, tx, newcomer.value, { ...input, ...checked.value, uri, collectSecret })
  const decided = await decide<Registration>(
    world,
    caller,
    'registration.created',
    async (tx, details) => {
      details.facts = { agent: uri, key: checked.value.key }
      const made = await work(tx)
      if (made.ok) details.facts = { ...details.facts, registration: made.value.id }
      return made
    },
  )
  const { result } = decided
  return result.ok ? accept({ registration: result.value, collectSecret }) : result
}

interface Checked {
  readonly key: KeyThumbprint
  readonly appraised: Appraised
}

/** Key, proof and evidence; the proof covers the nonce of this very invitation. */
async function check(
  world: World,
  newcomer: NewcomerCaller,
  uri: AgentUri,
  input: RegisterInput,
): Promise<Result<Checked>> {
  const { name, csrPem, proof, evidence, platform } = input
  const invitation = await world.store.read((reads) =>
    reads.enrollment(newcomer.tenant, newcomer.enrollment),
  )
  if (invitation === undefined) return refuse('unauthenticated')
  const key = await readRequestKey(csrPem)
  if (!key.ok) return key
  const attester = attesterOf(uri, csrPem)
  const { nonce } = invitation
  const { requestHash } = attester
  const statement = registrationStatement({
    nonce,
    name,
    requestHash,
    method: evidence.method,
    platform,
  })
  if (!(await key.value.signed(statement, proof))) {
    return refuse('attestation_failed', { reason: 'proof' })
  }
  const { tenant } = newcomer
  const appraised = await appraiseEvidence(world, { tenant, holder: INVITED, evidence, attester })
  if (!appraised.ok) return appraised
  return accept({ key: key.value.thumbprint, appraised: appraised.value })
}

async function record(
  world: World,
  tx: Transaction,
  newcomer: NewcomerCaller,
  input: RegisterInput & Checked & { readonly uri: AgentUri; readonly collectSecret: string },
): Promise<Result<Registration>> {
  const { tenant } = newcomer
  const { uri, key } = input
  const invitation = await tx.enrollment(tenant, newcomer.enrollment)
  const id = world.ids.registration()
  const used = await tx.useEnrollment(newcomer.enrollment, { registration: id, at: tx.now })
  if (invitation === undefined || !used) return refuse('unauthenticated', { invitation: 'over' })
  const free = await requireFree(tx, newcomer, { uri, key })
  if (!free.ok) return free
  const taken = await takeEvidence(tx, { tenant, holder: INVITED }, input.appraised)
  if (!taken.ok) return taken
  const registration: Registration = {
    tenant,
    id,
    enrollment: newcomer.enrollment,
    owner: invitation.owner,
    uri,
    csrPem: input.csrPem,
    key,
    attestation: input.appraised.attestation,
    platform: input.platform,
    address: input.address,
    collectHash: hashSecret(input.collectSecret),
    challenge: randomBytes(16).toString('base64url'),
    step: 'pending',
    grant: null,
    registeredAt: tx.now,
    expiresAt: later(tx.now, REGISTRATION_PENDING_SECONDS),
    decidedAt: null,
  }
  await tx.insertRegistration(registration)
  return accept(registration)
}

/** Told early; both are held against the store again when the certificate is collected. */
async function requireFree(
  tx: Transaction,
  { tenant }: NewcomerCaller,
  wanted: { readonly uri: AgentUri; readonly key: KeyThumbprint },
): Promise<Result<void>> {
  if ((await tx.agent(tenant, wanted.uri)) !== undefined) {
    const detail = 'There is an agent of this name.'
    return refuse('conflict', {}, [{ pointer: '/name', code: 'name_taken', detail }])
  }
  const own = await requireOwnName(tx, tenant, wanted.uri)
  if (!own.ok) return own
  if ((await tx.keyHolder(wanted.key)) !== undefined) {
    const detail = 'This key belongs to another connection; make a fresh one.'
    return refuse('conflict', {}, [{ pointer: '/csr', code: 'key_taken', detail }])
  }
  return accept(undefined)
}
