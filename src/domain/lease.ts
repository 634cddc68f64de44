import type { AttestationResult } from './attestation.ts'
import type { AgentUri, LeaseId, PrincipalId, TenantId } from './ids.ts'
import type { Labels } from './labels.ts'
import type { Scope } from './scope/types.ts'
import type { EpochSeconds } from './time.ts'

/**
 * The right to do what `scope` says until `expiresAt`, held by one agent. Liveness is not stored: a
 * lease is live iff it and every ancestor are neither revoked, released, expired nor exhausted
 * (I6).
 */
export interface Lease {
  readonly id: LeaseId
  readonly tenant: TenantId
  readonly parentId: LeaseId | null
  /** root..self, so its length is depth + 1; never changes (I5). */
  readonly lineage: readonly LeaseId[]
  /** Holders in lineage order, root's first. */
  readonly holders: readonly AgentUri[]
  /** On whose behalf: `sub` of every token of the tree (I5). */
  readonly subject: PrincipalId
  /** Who answers for the tree, where its subject is somebody whom an issuer vouched for (I5). */
  readonly owner?: PrincipalId
  /** Of the whole tree: told at its root, where `openLease` judges them, and never changed (I5). */
  readonly labels: Labels
  readonly scope: Scope
  /** Contract version of the holder when the scope was granted; judged again when it moves on. */
  readonly contractVersion: number
  readonly attestation: AttestationResult
  readonly openedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly renewals: number
  /** All seconds ever granted, bounded by LEASE_CUMULATIVE_SECONDS_MAX. */
  readonly grantedSeconds: number
  readonly releasedAt: EpochSeconds | null
  /** Its number in the status lists, given at birth when they are offered; no two share one. */
  readonly statusIndex?: number
  /** Names of the policy rules that ask people under which it was born; absent when none. */
  readonly policies?: readonly string[]
  /** Redemptions of call tokens at this lease and everywhere below it (I11). */
  readonly usesSpent: number
}

/** The root of a lineage; also `txn` in every token of the tree. */
export function rootOf(lineage: readonly LeaseId[]): LeaseId {
  const root = lineage[0]
  if (root === undefined) throw new Error('a lineage has at least its root')
  return root
}

/**
 * Who answers for a tree: is asked, lifts suspensions, lends credentials. A subject whom an issuer
 * vouched for does none of that.
 */
export function ownerOf({ owner, subject }: Pick<Lease, 'owner' | 'subject'>): PrincipalId {
  return owner ?? subject
}

/** What a child has in common with its parent (I5). */
export function sameTree({
  owner,
  subject,
  labels,
}: Lease): Pick<Lease, 'owner' | 'subject' | 'labels'> {
  return owner === undefined ? { subject, labels } : { subject, labels, owner }
}

/** 0 for a root lease. */
export function depthOf(lease: Pick<Lease, 'lineage'>): number {
  return lease.lineage.length - 1
}

/** The agent that holds the lease: the last of `holders`. */
export function holderOf(lease: Pick<Lease, 'holders'>): AgentUri {
  const holder = lease.holders[lease.holders.length - 1]
  if (holder === undefined) throw new Error('a lease has a holder')
  return holder
}

/** What a lease looks like at one moment, worst first. */
export type LeaseState = 'revoked' | 'suspended' | 'released' | 'expired' | 'exhausted' | 'live'
