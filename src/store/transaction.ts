import type { Kysely } from 'kysely'
import type { AuditPosition } from '../domain/audit.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { insertAgent, updateAgent } from './agents.ts'
import { acknowledgeAlert, raiseAlert } from './alerts/alerts.ts'
import { insertWebhook, removeWebhook } from './alerts/webhooks.ts'
import { recordAnswer } from './answers.ts'
import { claimApproval, insertApproval, recordVote } from './approvals.ts'
import {
  insertCredential,
  insertCredentialVersion,
  removeCredential,
  updateCredential,
} from './credentials.ts'
import { pinAddresses } from './dns-pins.ts'
import { claimKey, insertEnrollment, useEnrollment } from './enrollment/enrollments.ts'
import { spendProof, takeNonce } from './enrollment/nonces.ts'
import {
  collectRegistration,
  decideRegistration,
  insertRegistration,
} from './enrollment/registrations.ts'
import { insertHandle, recordHandleRevoked } from './handles.ts'
import { insertLease, recordRelease, recordRenewal } from './leases/leases.ts'
import { insertLeash } from './leashes.ts'
import { adoptMasterKey, beginMasterKey, endMasterKey, holdMasterKey } from './master-key.ts'
import type { Transaction } from './ports.ts'
import { readsOver } from './reads.ts'
import { settleReservations } from './redeem/reservations.ts'
import { spendToken } from './redeem/spent-tokens.ts'
import { recordAcknowledged } from './revocations/acknowledged-events.ts'
import { skipLostNumbers } from './revocations/revocation-log.ts'
import { liftSuspension, recordRevocation } from './revocations/revocations.ts'
import { insertRoleCredential, revokeRoleCredential } from './role-credentials.ts'
import type { Schema } from './schema.ts'
import { endAllSessions, endSession, insertSession } from './sessions.ts'
import { advanceWatch } from './watch.ts'
import { unwatchProcess, watchProcess } from './watched-processes.ts'

/**
 * All reads and writes over one transaction, whatever database it is in. `record` is the place the
 * decision's audit record will take.
 */
export function transactionOver(
  db: Kysely<Schema>,
  at: { readonly now: EpochSeconds; readonly record: AuditPosition },
): Transaction {
  const { now, record } = at
  return {
    ...readsOver(db, now),
    insertAgent: (agent) => insertAgent(db, agent),
    updateAgent: (agent) => updateAgent(db, agent, now),
    raiseAlert: (alert) => raiseAlert(db, alert, now),
    pinAddresses: (pin) => pinAddresses(db, now, pin),
    takeNonce: (nonce) => takeNonce(db, now, nonce),
    spendProof: (proof) => spendProof(db, proof),
    watchProcess: (process) => watchProcess(db, now, process),
    unwatchProcess: (tenant, agent, print) => unwatchProcess(db, tenant, agent, print),
    acknowledgeAlert: (tenant, id, by) => acknowledgeAlert(db, { tenant, id, by }, now),
    advanceWatch: (holder, read) => advanceWatch(db, holder, read, now),
    insertWebhook: (webhook) => insertWebhook(db, webhook),
    removeWebhook: (tenant, id) => removeWebhook(db, tenant, id),
    insertRoleCredential: (credential) => insertRoleCredential(db, credential),
    revokeRoleCredential: (tenant, name, moment) => revokeRoleCredential(db, tenant, name, moment),
    insertSession: (session) => insertSession(db, session),
    endSession: (secretHash) => endSession(db, secretHash),
    endAllSessions: () => endAllSessions(db),
    insertLease: (lease) => insertLease(db, lease),
    recordRenewal: (lease) => recordRenewal(db, lease),
    recordRelease: (id, moment) => recordRelease(db, id, moment),
    recordRevocation: (tenant, revocation) => recordRevocation(db, tenant, revocation),
    liftSuspension: (tenant, subject) => liftSuspension(db, tenant, subject, now),
    skipLostNumbers: () => skipLostNumbers(db),
    recordAcknowledged: (tenant, receiver, seq) => recordAcknowledged(db, tenant, receiver, seq),
    spendToken: (spent) => spendToken(db, { ...spent, record }, now),
    settle: (settlement) => settleReservations(db, settlement, now),
    insertEnrollment: (enrollment) => insertEnrollment(db, enrollment),
    useEnrollment: (id, use) => useEnrollment(db, id, use),
    insertRegistration: (registration) => insertRegistration(db, registration),
    decideRegistration: (tenant, id, decision) => decideRegistration(db, { tenant, id }, decision),
    collectRegistration: (tenant, id, at) => collectRegistration(db, { tenant, id }, at),
    claimKey: (claim) => claimKey(db, claim),
    insertLeash: (leash) => insertLeash(db, leash),
    insertHandle: (handle) => insertHandle(db, handle),
    recordHandleRevoked: (tenant, id, at) => recordHandleRevoked(db, { tenant, id }, at),
    recordAnswer: (tenant, actor, key, stored) =>
      recordAnswer(db, { tenant, actor, key }, stored, now),
    insertCredential: (credential) => insertCredential(db, credential),
    updateCredential: (credential) => updateCredential(db, credential),
    insertCredentialVersion: (version, kept) => insertCredentialVersion(db, version, kept),
    removeCredential: (key) => removeCredential(db, key),
    holdMasterKey: (fingerprint) => holdMasterKey(db, fingerprint),
    beginMasterKey: (from, to) => beginMasterKey(db, from, to),
    endMasterKey: (to) => endMasterKey(db, to),
    adoptMasterKey: (fingerprint) => adoptMasterKey(db, fingerprint),
    insertApproval: (approval) => insertApproval(db, approval, now),
    recordVote: (approval, vote, tally) => recordVote(db, { approval, vote, tally }),
    claimApproval: (tenant, id, moment) => claimApproval(db, tenant, id, moment),
  }
}
