/**
 * What the compiler must refuse. Each line below a mark is a mistake; were it none, the mark itself
 * would be an error. Nothing here is ever run.
 */
import type { Presentation } from '../../src/admission/ports.ts'
import {
  type ConfirmedCall,
  confirmCall,
  type KnownCall,
  type ParsedCall,
  type PermittedCall,
  parseCall,
  permitByContracts,
  permitCall,
  type VerifiedCall,
  verifyCall,
} from '../../src/admission/stages.ts'
import type { Agent } from '../../src/domain/agent.ts'
import type { AgentUri, Jti, KeyThumbprint, LeaseId } from '../../src/domain/ids.ts'
import type { Lease } from '../../src/domain/lease.ts'
import { type RefusalCode, refuse } from '../../src/domain/refusal.ts'
import type { Result } from '../../src/domain/result.ts'
import type { Scope } from '../../src/domain/scope/types.ts'
import { type EpochSeconds, later } from '../../src/domain/time.ts'
import type { KeySource } from '../../src/token/key.ts'

declare const known: KnownCall
declare const parsed: ParsedCall
declare const verified: VerifiedCall
declare const confirmed: ConfirmedCall
declare const permitted: PermittedCall
declare const presentation: Presentation
declare const keys: KeySource
declare const now: EpochSeconds
declare const lease: Lease
declare const agent: Agent
declare const leaseId: LeaseId
declare const result: Result<Lease>
declare const scope: Scope

/** parse → verify → confirm → permit → redeem: the stages in their order compile. */
export async function inOrder(): Promise<unknown> {
  const expectations = { keys, issuer: '', audience: '', now }
  const first = parseCall(presentation)
  if (!first.ok) return first
  const second = await verifyCall(first.value, expectations)
  if (!second.ok) return second
  const third = await confirmCall(second.value, now)
  if (!third.ok) return third
  const fourth = await permitCall(third.value, now)
  return fourth.ok ? permitByContracts(fourth.value, [], now) : fourth
}

/** No stage is skipped, and none is forged. */
export const stages = {
  // @ts-expect-error a call that was only parsed is not confirmed
  confirmParsed: () => confirmCall(parsed),
  // @ts-expect-error a call that was only verified is not permitted
  permitVerified: () => permitCall(verified, now),
  // @ts-expect-error a call that was only confirmed is not judged by contracts
  judgeConfirmed: () => permitByContracts(confirmed, [], now),
  // @ts-expect-error a presentation is not a parsed call
  verifyRaw: () => verifyCall(presentation, { keys, issuer: '', audience: '', now }),
  // @ts-expect-error what is known of a call does not make it verified
  forgeVerified: (): VerifiedCall => known,
  // @ts-expect-error nor confirmed
  forgeConfirmed: (): ConfirmedCall => ({ ...known }),
  // @ts-expect-error a verified call is no permitted one
  forgePermitted: (): PermittedCall => verified,
  // @ts-expect-error and a permitted one is no confirmed one
  backwards: (): ConfirmedCall => permitted,
  // @ts-expect-error a parsed token is made by its reader alone
  forgeParsed: (): ParsedCall => ({ token: { jws: {}, claims: {} }, presentation }),
}

/** Ids and moments are parsed, not just written down; one kind is not another. */
export const words = {
  // @ts-expect-error a text is no lease id
  lease: (): LeaseId => 'lease_x',
  // @ts-expect-error a token id is no lease id
  jti: (jti: Jti): LeaseId => jti,
  // @ts-expect-error a certificate thumbprint is no key thumbprint
  thumbprint: (): KeyThumbprint => agent.certificate,
  // @ts-expect-error a text is no agent
  agent: (): AgentUri => 'spiffe://acme.example/agent/x',
  // @ts-expect-error a number is no moment
  moment: (): EpochSeconds => 1_800_000_000,
  // @ts-expect-error a moment plus a number is a number until it is named again
  sum: (): EpochSeconds => now + 60,
  named: (): EpochSeconds => later(now, 60),
}

/** Facts do not change under their readers; I5 is the compiler's as well. */
export function immutable(): void {
  // @ts-expect-error I5: the parent of a lease never changes
  lease.parentId = leaseId
  // @ts-expect-error I5: nor does its subject
  lease.subject = agent.owner
  // @ts-expect-error I5: nor its tenant
  lease.tenant = agent.tenant
  // @ts-expect-error I5: nor its lineage
  lease.lineage.push(leaseId)
  // @ts-expect-error a scope is one document, compared as it was signed
  scope.grants.push(...scope.grants)
  // @ts-expect-error nor is a limit moved in place
  scope.limits.max_uses = 'unlimited'
}

/** Refusals are values of one closed table, and have to be looked at. */
export const refusals = {
  // @ts-expect-error the table is closed
  code: (): RefusalCode => 'not_today',
  // @ts-expect-error so is the way to refuse
  refuse: () => refuse('not_today'),
  // @ts-expect-error a result is not its value
  unwrapped: (): Lease => result,
  // @ts-expect-error a value is there only when it was accepted
  unchecked: (): Lease => result.value,
  checked: (): Lease | undefined => (result.ok ? result.value : undefined),
}
