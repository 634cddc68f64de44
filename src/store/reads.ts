import type { Kysely } from 'kysely'
import type { EpochSeconds } from '../domain/time.ts'
import { readAgentRate } from './agent-rates.ts'
import { listAgents, readAgent, readAgentLike } from './agents.ts'
import { listAlerts, readAlert } from './alerts/alerts.ts'
import { hasDeliveries, listWebhooks } from './alerts/webhooks.ts'
import { readAnswer } from './answers.ts'
import {
  countApprovals,
  listApprovals,
  readApproval,
  readChangedApprovals,
  readOpenApproval,
} from './approvals.ts'
import {
  listAuditChains,
  listCheckpoints,
  readAuditRows,
  readAuditRowsBefore,
} from './audit-rows.ts'
import { readBudgets } from './budgets.ts'
import { readIssuedTokens } from './cdp.ts'
import { countLive, countWaiting } from './census.ts'
import {
  listCredentials,
  listCredentialVersions,
  readCredential,
  readCredentialVersion,
  readOwnCredential,
} from './credentials.ts'
import { readPinnedAddresses } from './dns-pins.ts'
import { readEnrollment, readEnrollmentOfToken, readKeyHolder } from './enrollment/enrollments.ts'
import { nonceStands } from './enrollment/nonces.ts'
import {
  listRegistrations,
  readRegistration,
  readRegistrationOfSecret,
} from './enrollment/registrations.ts'
import { countHandles, listHandles, readHandle, readHandleByDigest } from './handles.ts'
import { countChildren, countLiveChildren, countSubtree, countTree } from './leases/lease-counts.ts'
import { countLabelled } from './leases/lease-labels.ts'
import { listLeases, readLeasesOf, readLineage, readSubtree } from './leases/leases.ts'
import { readLeash, readLeashVersion } from './leashes.ts'
import { readMasterKeyState } from './master-key.ts'
import type { ApprovalReads } from './ports/approvals.ts'
import type { CdpReads } from './ports/cdp.ts'
import type { Reads } from './ports.ts'
import { listBudgetMoves, listOpenReservations } from './redeem/reservations.ts'
import { readSpentToken } from './redeem/spent-tokens.ts'
import { readAcknowledged } from './revocations/acknowledged-events.ts'
import { readRevocationChanges } from './revocations/revocation-log.ts'
import { readRevocationSnapshot } from './revocations/revocation-snapshot.ts'
import { listRevocations, readRevocations } from './revocations/revocations.ts'
import { readStatusList } from './revocations/status-lists.ts'
import {
  listRoleCredentials,
  readRoleCredential,
  readRoleCredentialOfCertificate,
} from './role-credentials.ts'
import type { Schema } from './schema.ts'
import { readSession } from './sessions.ts'
import { readUsedApprovals } from './used-approvals.ts'
import { readUnwatched } from './watch.ts'
import { readUnseen, readWatched } from './watched-processes.ts'

/** All reads over one transaction, whatever database it is in. */
export function readsOver(db: Kysely<Schema>, now: EpochSeconds): Reads {
  return {
    ...approvalReads(db, now),
    ...cdpReads(db, now),
    countWaiting: () => countWaiting(db, now),
    countLive: (after) => countLive(db, now, after),
    now,
    ...agentReads(db),
    ...referenceReads(db),
    alerts: (filter, page) => listAlerts(db, filter, page),
    alert: (tenant, id) => readAlert(db, tenant, id),
    unwatched: (limit) => readUnwatched(db, limit),
    webhooks: (tenant) => listWebhooks(db, tenant),
    hasDeliveries: () => hasDeliveries(db, now),
    pinnedAddresses: (name) => readPinnedAddresses(db, name),
    nonceStands: (nonce) => nonceStands(db, now, nonce),
    watchedProcesses: (host) => readWatched(db, host),
    unseenProcesses: (since) => readUnseen(db, since),
    ...leaseReadsOver(db, now),
    revocations: (tenant, subjects) => readRevocations(db, tenant, subjects),
    listRevocations: (tenant, page) => listRevocations(db, tenant, page),
    revocationChanges: (after, limit) => readRevocationChanges(db, after, limit),
    revocationSnapshot: (tenant, page) => readRevocationSnapshot(db, { tenant, now }, page),
    acknowledged: (tenant, receiver) => readAcknowledged(db, tenant, receiver),
    statusList: (list) => readStatusList(db, now, list),
    spentToken: (tenant, jti) => readSpentToken(db, tenant, jti),
    roleCredential: (tokenHash) => readRoleCredential(db, tokenHash),
    roleCredentialOfCertificate: (certificate) => readRoleCredentialOfCertificate(db, certificate),
    roleCredentials: (tenant) => listRoleCredentials(db, tenant),
    session: (secretHash) => readSession(db, secretHash),
    handles: (filter, page) => listHandles(db, filter, page),
    countHandles: (tenant, lease) => countHandles(db, { tenant, lease }, now),
    answer: (tenant, actor, key) => readAnswer(db, { tenant, actor, key }, now),
    enrollment: (tenant, id) => readEnrollment(db, tenant, id),
    enrollmentOfToken: (tokenHash) => readEnrollmentOfToken(db, tokenHash),
    registration: (tenant, id) => readRegistration(db, tenant, id),
    registrationOfSecret: (collectHash) => readRegistrationOfSecret(db, collectHash),
    registrations: (tenant, page) => listRegistrations(db, tenant, page),
    keyHolder: (key) => readKeyHolder(db, key),
    auditRows: (after, limit) => readAuditRows(db, after, limit),
    auditRowsBefore: (before, limit) => readAuditRowsBefore(db, before, limit),
    auditChains: () => listAuditChains(db),
    checkpoints: (page) => listCheckpoints(db, page),
    credential: (key) => readCredential(db, key),
    ownCredential: (key) => readOwnCredential(db, key),
    credentials: (filter, page) => listCredentials(db, filter, page),
    credentialVersions: (key) => listCredentialVersions(db, key),
    credentialVersion: (key, version) => readCredentialVersion(db, key, version),
  }
}

function approvalReads(db: Kysely<Schema>, now: EpochSeconds): ApprovalReads {
  return {
    approval: (tenant, id) => readApproval(db, tenant, id),
    approvals: (filter, page) => listApprovals(db, { filter, now }, page),
    usedApprovals: (of) => readUsedApprovals(db, of),
    openApproval: (tenant, digest) => readOpenApproval(db, { tenant, digest }, now),
    changedApprovals: (filter, after, limit) =>
      readChangedApprovals(db, { filter, now, after }, limit),
    countApprovals: (of) => countApprovals(db, of, now),
  }
}

function agentReads(
  db: Kysely<Schema>,
): Pick<Reads, 'agent' | 'agentLike' | 'agents' | 'agentRate'> {
  return {
    agent: (tenant, uri) => readAgent(db, tenant, uri),
    agentLike: (tenant, uri) => readAgentLike(db, tenant, uri),
    agents: (tenant, page) => listAgents(db, tenant, page),
    agentRate: (tenant, uri, perSeconds) => readAgentRate(db, { tenant, uri, perSeconds }),
  }
}

/** Reads of leases and of what is counted of them. */
function leaseReadsOver(
  db: Kysely<Schema>,
  now: EpochSeconds,
): Pick<
  Reads,
  | 'lineage'
  | 'leases'
  | 'leasesOf'
  | 'countChildren'
  | 'subtree'
  | 'countSubtree'
  | 'countLiveChildren'
  | 'countTree'
  | 'countLabelled'
  | 'budgets'
  | 'openReservations'
  | 'budgetMoves'
> {
  return {
    lineage: (tenant, id) => readLineage(db, tenant, id),
    leases: (filter, page) => listLeases(db, filter, page),
    leasesOf: (tenant, ids) => readLeasesOf(db, tenant, ids),
    countChildren: (tenant, ids) => countChildren(db, tenant, ids),
    subtree: (tenant, id, limit) => readSubtree(db, { tenant, id }, limit),
    countSubtree: (tenant, id) => countSubtree(db, { tenant, id }, now),
    countLiveChildren: (tenant, id, limit) => countLiveChildren(db, { tenant, id }, limit, now),
    countLabelled: (tenant, label, limit) => countLabelled(db, { tenant, label }, limit, now),
    countTree: (tenant, root) => countTree(db, tenant, root),
    budgets: (tenant, id) => readBudgets(db, tenant, id),
    openReservations: (tenant, id, page) => listOpenReservations(db, { tenant, id }, page),
    budgetMoves: (tenant, id, page) => listBudgetMoves(db, { tenant, id }, page),
  }
}

/** What refers to leases from outside. */
function referenceReads(
  db: Kysely<Schema>,
): Pick<Reads, 'handleByDigest' | 'handle' | 'leash' | 'leashVersion' | 'masterKeyState'> {
  return {
    handleByDigest: (digest) => readHandleByDigest(db, digest),
    handle: (tenant, id) => readHandle(db, tenant, id),
    leash: (tenant, jti) => readLeash(db, tenant, jti),
    leashVersion: (tenant, lease) => readLeashVersion(db, tenant, lease),
    masterKeyState: (from, to) => readMasterKeyState(db, from, to),
  }
}

function cdpReads(db: Kysely<Schema>, now: EpochSeconds): CdpReads {
  return { issuedTokens: (tenant, limit) => readIssuedTokens(db, now, { tenant, limit }) }
}
