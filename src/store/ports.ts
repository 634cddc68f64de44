import type { Agent } from '../domain/agent.ts'
import type { AuditEntry, AuditPosition } from '../domain/audit.ts'
import type {
  AgentUri,
  CertificateThumbprint,
  Jti,
  KeyThumbprint,
  LeaseId,
  TenantId,
} from '../domain/ids.ts'
import type { Counted } from '../domain/rate.ts'
import type { Redeemer } from '../domain/redemption.ts'
import type { Result } from '../domain/result.ts'
import type { RevocationChange } from '../domain/revocation.ts'
import type { Settled, Settlement } from '../domain/settlement.ts'
import type { Clock, EpochSeconds } from '../domain/time.ts'
import type { AuditVerdict } from './audit/verdict.ts'
import type { AlertReads, AlertWrites } from './ports/alerts.ts'
import type { ApprovalReads, ApprovalWrites } from './ports/approvals.ts'
import type { AttestationChores, AttestationReads, AttestationWrites } from './ports/attestation.ts'
import type { AuditReads } from './ports/audit.ts'
import type { BudgetReads } from './ports/budgets.ts'
import type { CdpChores, CdpReads } from './ports/cdp.ts'
import type { CensusReads } from './ports/census.ts'
import type { CredentialReads, CredentialWrites } from './ports/credentials.ts'
import type { DnsPinReads, DnsPinWrites } from './ports/dns-pins.ts'
import type { EnrollmentReads, EnrollmentWrites } from './ports/enrollments.ts'
import type { HandleReads, HandleWrites } from './ports/handles.ts'
import type { LeaseReads, LeaseWrites } from './ports/leases.ts'
import type { LeashReads, LeashWrites } from './ports/leashes.ts'
import type { SealedRows } from './ports/master-key.ts'
import type { RevocationReads, RevocationWrites } from './ports/revocations.ts'
import type { SessionChores, SessionReads, SessionWrites } from './ports/sessions.ts'
import type { Watch, WatchReads, WatchWrites } from './ports/watch.ts'
import type { Outbox, WebhookReads, WebhookWrites } from './ports/webhooks.ts'

export type { HolderContract, Redeemer, Spend, SpendOutcome } from '../domain/redemption.ts'
export type { AuditChain, AuditRow, Checkpoint } from './ports/audit.ts'
export type { LeaseFilter, LineageView } from './ports/leases.ts'
export type { RevocationChanges } from './ports/revocations.ts'

/** A page of a list, with the cursor of the next one or null. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly cursor: string | null
}

/** What is remembered of a spent token; readable by whoever spent it. */
export interface SpentToken {
  readonly jti: Jti
  /** Where no certificate was shown, the key that was proven (`spenderOf`). */
  readonly certificate: CertificateThumbprint | KeyThumbprint
  readonly at: EpochSeconds
  readonly record: AuditPosition
  /** Delegation token: the child lease that was born. */
  readonly bornLease: LeaseId | null
}

/** A token about to be spent inside a decision. */
export interface TokenToSpend extends Omit<SpentToken, 'record'> {
  readonly tenant: TenantId
  /** Root of the lineage in the token. */
  readonly root: LeaseId
  readonly expiresAt: EpochSeconds
}

/** A stored answer to an idempotent creation. */
export interface StoredAnswer {
  readonly fingerprint: string
  readonly answer: string
}

/** A person's or operator's bearer credential; the token itself is never stored. */
export interface RoleCredential {
  readonly tenant: TenantId
  readonly name: string
  readonly role: 'owner' | 'operator'
  /** base64url(SHA-256(token)); null when there is a certificate instead. */
  readonly tokenHash: string | null
  /** Thumbprint of the certificate that this person signs in with, or null. */
  readonly certificate: CertificateThumbprint | null
  readonly createdAt: EpochSeconds
  readonly revokedAt: EpochSeconds | null
}

/** Reads; inside `decide` they see the transaction, outside a consistent snapshot. */
export interface Reads
  extends AlertReads,
    ApprovalReads,
    AttestationReads,
    AuditReads,
    BudgetReads,
    CdpReads,
    CensusReads,
    CredentialReads,
    DnsPinReads,
    EnrollmentReads,
    WatchReads,
    HandleReads,
    LeaseReads,
    LeashReads,
    RevocationReads,
    SessionReads,
    WebhookReads {
  /** The moment of this transaction: never before any moment the store has seen. */
  readonly now: EpochSeconds
  agent(tenant: TenantId, uri: AgentUri): Promise<Agent | undefined>
  /** An agent whose id differs from this one in the case of letters alone, if there is one. */
  agentLike(tenant: TenantId, uri: AgentUri): Promise<AgentUri | undefined>
  agents(tenant: TenantId, page: PageRequest): Promise<Page<Agent>>
  /** What was counted of an agent's calls over so many seconds; a rate is held by redeeming. */
  agentRate(tenant: TenantId, uri: AgentUri, perSeconds: number): Promise<Counted>
  spentToken(tenant: TenantId, jti: Jti): Promise<SpentToken | undefined>
  roleCredential(tokenHash: string): Promise<RoleCredential | undefined>
  roleCredentialOfCertificate(
    certificate: CertificateThumbprint,
  ): Promise<RoleCredential | undefined>
  roleCredentials(tenant: TenantId): Promise<readonly RoleCredential[]>
  answer(tenant: TenantId, actor: string, key: string): Promise<StoredAnswer | undefined>
}

/** Which page of a list: at most `limit` rows, from the cursor of the page before, or the first. */
export interface PageRequest {
  readonly limit: number
  readonly cursor: string | null
}

/** Writes; only to be had inside `decide`. */
export interface Transaction
  extends Reads,
    AlertWrites,
    ApprovalWrites,
    AttestationWrites,
    CredentialWrites,
    DnsPinWrites,
    EnrollmentWrites,
    WatchWrites,
    HandleWrites,
    LeaseWrites,
    LeashWrites,
    RevocationWrites,
    SessionWrites,
    WebhookWrites {
  insertAgent(agent: Agent): Promise<Result<void>>
  updateAgent(agent: Agent): Promise<void>
  /** Refuses `conflict` when the name is taken. */
  insertRoleCredential(credential: RoleCredential): Promise<Result<void>>
  revokeRoleCredential(tenant: TenantId, name: string, at: EpochSeconds): Promise<boolean>
  /**
   * Spends a token inside a decision (delegation tokens): refuses `token_used` when it was spent.
   * Does not look at the lineage and debits nothing.
   */
  spendToken(spent: TokenToSpend): Promise<Result<void>>
  /**
   * I11: turns what one call reserved into what it spent, at its lease and every ancestor, and
   * gives back the rest. Refusals: `not_found` (also for another enforcement point's), `malformed`,
   * `conflict`.
   */
  settle(settlement: Omit<Settlement, 'actor' | 'request'>): Promise<Result<Settled>>
  recordAnswer(
    tenant: TenantId,
    actor: string,
    key: string,
    stored: StoredAnswer & { readonly expiresAt: EpochSeconds },
  ): Promise<void>
}

/** What a unit of work came to: its result, and the one record of it (I10). */
export interface Decision<T> {
  readonly result: Result<T>
  readonly record: AuditEntry
}

/** A decision that is durable: the result, and where its record stands. */
export interface Decided<T> {
  readonly result: Result<T>
  readonly record: AuditPosition
  readonly at: EpochSeconds
}

/**
 * Facts as rows. Answers come only after the commit is on disk. A refused result undoes every write
 * of its unit of work and is recorded all the same.
 */
export interface Store extends Redeemer, Clock, AttestationChores, CdpChores, SessionChores {
  /** What is to be told to receivers of alerts. */
  readonly outbox: Outbox
  /** Who watches the audit trail, and how far. */
  readonly watch: Watch
  /** What is sealed under the master key. */
  readonly sealed: SealedRows
  /**
   * The clock, but never before a moment this process has seen in the store: what tokens and
   * evidence are held against before a transaction is begun.
   */
  now(): EpochSeconds
  /** A consistent read. */
  read<T>(work: (reads: Reads) => Promise<T>): Promise<T>
  /**
   * One transaction, one record. Units of work may share a commit; they never see each other torn.
   */
  decide<T>(work: (transaction: Transaction) => Promise<Decision<T>>): Promise<Decided<T>>
  /** One call's reservations, settled in a decision of their own (see `Transaction.settle`). */
  settle(settlement: Settlement): Promise<Decided<Settled>>
  /**
   * Draws STATUS_INDEX_BLOCK numbers for this process alone, in a transaction of its own, and
   * answers the first. Never given again, used or not.
   */
  drawStatusIndexes(): Promise<number>
  /** Tells of every change of the log soon after its commit, whichever process recorded it. */
  onRevocation(listener: (changes: readonly RevocationChange[]) => void): () => void
  /**
   * Seconds for which changes may not have been told while somebody listens: since the log was last
   * asked and answered, by a clock that only goes forward. What runs on without news is cut (I9).
   */
  revocationStaleness(): number
  /** Whether the whole audit trail holds together; walks all of it (CDP-25, CDP-26). */
  verifyAudit(): Promise<AuditVerdict>
  /** Writes the whole audit trail as JSON Lines; `verifyExport` reads them. Answers how many. */
  exportAudit(write: (line: string) => Promise<void> | void): Promise<number>
  /** Removes what can no longer matter; answers how many rows. Never revives anything. */
  sweep(): Promise<number>
  close(): Promise<void>
}
