import { completeContract } from '../../domain/contract.ts'
import {
  type Registration,
  type RegistrationState,
  registrationState,
} from '../../domain/enrollment.ts'
import type { RegistrationId } from '../../domain/ids.ts'
import { REGISTRATION_COLLECT_SECONDS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import { ASKING_TERMS, type ContractTerms } from '../../domain/terms.ts'
import { later } from '../../domain/time.ts'
import type { RegistrationDecision } from '../../store/ports/enrollments.ts'
import type { Page, PageRequest, Transaction } from '../../store/ports.ts'
import { type Caller, requireOwnOwner, requireRegistrant, requireRole } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'

/** A registration and how it stands now. */
export interface RegistrationNow {
  readonly registration: Registration
  readonly state: RegistrationState
}

/** Lists who asked to be let in, newest first. Refusal: `forbidden`. */
export function listRegistrations(
  world: World,
  caller: Caller,
  input: { readonly page: PageRequest },
): Promise<Result<Page<RegistrationNow>>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    const { items, cursor } = await reads.registrations(caller.tenant, input.page)
    const now = items.map((registration) => ({
      registration,
      state: registrationState(registration, reads.now),
    }))
    return accept({ items: now, cursor })
  })
}

/** Reads one: what the owner looks at before it decides. Refusals: `forbidden`, `not_found`. */
export function readRegistration(
  world: World,
  caller: Caller,
  input: { readonly registration: RegistrationId },
): Promise<Result<RegistrationNow>> {
  const person = requireRole(caller, 'owner', 'operator')
  return person.ok ? readNow(world, caller, input.registration) : Promise.resolve(person)
}

/** How the caller's own registration stands; for whoever holds its collect secret. */
export function readOwnRegistration(
  world: World,
  caller: Caller,
): Promise<Result<RegistrationNow>> {
  const own = requireRegistrant(caller)
  return own.ok ? readNow(world, caller, own.value.registration) : Promise.resolve(own)
}

function readNow(
  world: World,
  caller: Caller,
  id: RegistrationId,
): Promise<Result<RegistrationNow>> {
  return world.store.read(async (reads) => {
    const registration = await reads.registration(caller.tenant, id)
    if (registration === undefined) return refuse('not_found', { registration: id })
    return accept({ registration, state: registrationState(registration, reads.now) })
  })
}

/**
 * The owner who invited (LEASH-02, LEASH-12) lets the agent in, under this contract and these
 * terms: each request is asked for unless it says otherwise (LEASH-19).
 * Refusals: `forbidden`, `not_found`, `malformed`, `conflict` when it was decided before or ended.
 */
export async function approveRegistration(
  world: World,
  caller: Caller,
  input: {
    readonly registration: RegistrationId
    readonly contract: ScopeRequest
    readonly terms?: ContractTerms | undefined
  },
): Promise<Result<RegistrationNow>> {
  const contract = completeContract(input.contract)
  if (!contract.ok) return contract
  const grant = { contract: contract.value, terms: input.terms ?? ASKING_TERMS }
  const decided = await decide<RegistrationNow>(
    world,
    caller,
    'registration.approved',
    (tx, details) =>
      settle(tx, caller, input.registration, details, {
        step: 'approved',
        grant,
        at: tx.now,
        expiresAt: later(tx.now, REGISTRATION_COLLECT_SECONDS),
      }),
  )
  return decided.result
}

/**
 * The owner who invited turns the agent away, also after an approval that is not collected yet.
 * Refusals: `forbidden`, `not_found`, `conflict` when it is too late for that.
 */
export async function denyRegistration(
  world: World,
  caller: Caller,
  input: { readonly registration: RegistrationId },
): Promise<Result<RegistrationNow>> {
  const decided = await decide<RegistrationNow>(
    world,
    caller,
    'registration.denied',
    (tx, details) =>
      settle(tx, caller, input.registration, details, { step: 'denied', at: tx.now }),
  )
  return decided.result
}

async function settle(
  tx: Transaction,
  caller: Caller,
  id: RegistrationId,
  details: RecordDetails,
  decision: RegistrationDecision,
): Promise<Result<RegistrationNow>> {
  details.facts = { registration: id }
  const person = requireRole(caller, 'owner')
  if (!person.ok) return person
  const registration = await tx.registration(caller.tenant, id)
  if (registration === undefined) return refuse('not_found')
  details.facts = { registration: id, agent: registration.uri }
  const own = requireOwnOwner(caller, registration.owner)
  if (!own.ok) return own
  const moved = await tx.decideRegistration(caller.tenant, id, decision)
  const after = await tx.registration(caller.tenant, id)
  if (!moved || after === undefined) {
    return refuse('conflict', { state: registrationState(registration, tx.now) })
  }
  return accept({ registration: after, state: registrationState(after, tx.now) })
}
