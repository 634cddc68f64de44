import type { AuditEntry } from '../domain/audit.ts'
import {
  type AgentUri,
  type CertificateThumbprint,
  DEFAULT_TENANT,
  type EnrollmentId,
  type PrincipalId,
  type RegistrationId,
  type RequestId,
  type TenantId,
} from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/** An agent or enforcement point, as its certificate names it; taken from the TLS layer only. */
export interface AgentCaller {
  readonly kind: 'agent' | 'enforcement'
  readonly tenant: TenantId
  readonly request: RequestId
  readonly uri: AgentUri
  readonly certificate: CertificateThumbprint
}

/** A person or system with a role credential. An operator never decides for an owner (LEASH-02). */
export interface PersonCaller {
  readonly kind: 'owner' | 'operator'
  readonly tenant: TenantId
  readonly request: RequestId
  readonly name: string
}

/** Whoever holds the one-time token of an invitation that is open. It may register, once. */
export interface NewcomerCaller {
  readonly kind: 'newcomer'
  readonly tenant: TenantId
  readonly request: RequestId
  readonly enrollment: EnrollmentId
}

/** Whoever holds the collect secret of a registration. It may ask how that stands, and collect. */
export interface RegistrantCaller {
  readonly kind: 'registrant'
  readonly tenant: TenantId
  readonly request: RequestId
  readonly registration: RegistrationId
}

/** Who asks; proven by the face before a use-case sees it. */
export type Caller = AgentCaller | PersonCaller | NewcomerCaller | RegistrantCaller

/** Whether the caller sees and governs the whole tenant. */
export function isPerson(caller: Caller): caller is PersonCaller {
  return caller.kind === 'owner' || caller.kind === 'operator'
}

/** Whether the caller came with the certificate of an enrolled agent or enforcement point. */
export function isPeer(caller: Caller): caller is AgentCaller {
  return caller.kind === 'agent' || caller.kind === 'enforcement'
}

/** The caller as the audit record names it. */
export function actorOf(caller: Caller): AuditEntry['actor'] {
  switch (caller.kind) {
    case 'owner':
    case 'operator':
      return `${caller.kind}:${caller.name}`
    case 'newcomer':
      return caller.enrollment
    case 'registrant':
      return caller.registration
    default:
      return caller.uri
  }
}

/** Refuses `forbidden` unless the caller is a person in one of the roles. */
export function requireRole(
  caller: Caller,
  ...roles: readonly PersonCaller['kind'][]
): Result<PersonCaller> {
  return isPerson(caller) && roles.includes(caller.kind)
    ? accept(caller)
    : refuse('forbidden', { kind: caller.kind })
}

/**
 * The caller as a person of the deployment itself: what belongs to all tenants, its keys and its
 * whole trail, is no tenant's to touch or to take. Refuses `forbidden`.
 */
export function requireDeployment(caller: Caller): Result<PersonCaller> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok || person.value.tenant === DEFAULT_TENANT) return person
  return refuse('forbidden', { tenant: person.value.tenant })
}

/** The caller as a holder of leases; refuses `forbidden` for everybody else. */
export function requireAgent(caller: Caller): Result<AgentCaller> {
  return caller.kind === 'agent' ? accept(caller) : refuse('forbidden', { kind: caller.kind })
}

/** The caller as an enforcement point; refuses `forbidden` for everybody else. */
export function requireEnforcement(caller: Caller): Result<AgentCaller> {
  return caller.kind === 'enforcement' ? accept(caller) : refuse('forbidden', { kind: caller.kind })
}

/**
 * LEASH-02: refuses `forbidden` unless the caller is this very owner: another owner, who may revoke
 * and suspend, never decides in its place.
 */
export function requireOwnOwner(caller: Caller, owner: PrincipalId): Result<PersonCaller> {
  const person = requireRole(caller, 'owner')
  if (!person.ok || person.value.name === owner) return person
  return refuse('forbidden', { owner })
}

/** The caller as the guest of an invitation; refuses `forbidden` for everybody else. */
export function requireNewcomer(caller: Caller): Result<NewcomerCaller> {
  return caller.kind === 'newcomer' ? accept(caller) : refuse('forbidden', { kind: caller.kind })
}

/** The caller as one who registered; refuses `forbidden` for everybody else. */
export function requireRegistrant(caller: Caller): Result<RegistrantCaller> {
  return caller.kind === 'registrant' ? accept(caller) : refuse('forbidden', { kind: caller.kind })
}
