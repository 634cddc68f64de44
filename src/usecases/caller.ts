import type { AuditEntry } from '../domain/audit.ts'
import type { AgentUri, CertificateThumbprint, RequestId, TenantId } from '../domain/ids.ts'
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

/** Who asks; proven by the face before a use-case sees it. */
export type Caller = AgentCaller | PersonCaller

/** Whether the caller sees and governs the whole tenant. */
export function isPerson(caller: Caller): caller is PersonCaller {
  return caller.kind === 'owner' || caller.kind === 'operator'
}

/** The caller as the audit record names it. */
export function actorOf(caller: Caller): AuditEntry['actor'] {
  return isPerson(caller) ? `${caller.kind}:${caller.name}` : caller.uri
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

/** The caller as a holder of leases; refuses `forbidden` for everybody else. */
export function requireAgent(caller: Caller): Result<AgentCaller> {
  return caller.kind === 'agent' ? accept(caller) : refuse('forbidden', { kind: caller.kind })
}

/** The caller as an enforcement point; refuses `forbidden` for everybody else. */
export function requireEnforcement(caller: Caller): Result<AgentCaller> {
  return caller.kind === 'enforcement' ? accept(caller) : refuse('forbidden', { kind: caller.kind })
}
