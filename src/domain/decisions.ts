/** What one word of the audit trail tells of, and the facts its record may have, by name. */
type Decision = readonly [means: string, facts: string]

/**
 * Everything that is decided upon, in one closed table; one word for each use-case that decides.
 * Facts are those of a yes; a no adds what the refusal found. They are ids, numbers and hashes,
 * never a token, key, credential or handle (I12).
 */
export const DECISIONS = {
  'agent.enrolled': [
    'an agent or enforcement point was taken in, by an owner or by a chain',
    'agent role certificate serverNames',
  ],
  'agent.renewed': ['an agent got a certificate for a new key', 'agent certificate tier evidence'],
  'agent.attested': [
    'evidence of an agent was appraised again',
    'agent method tier evidence identity code pid uid',
  ],
  'agent.mismatched': [
    'evidence that came again differs from what was enrolled',
    'agent method tier evidence identity mismatch certificate',
  ],
  'agent.process_ended': ['the process an agent was bound to is gone', 'agent pid evidence ending'],
  'agent.attestation_overdue': [
    "an agent's newest evidence is older than it may be",
    'agent renew_seconds',
  ],
  'agent.contract_set': ['an owner set the contract or the terms of an agent', 'agent version'],
  'enrollment.created': ['an owner invited an agent', 'enrollment expiresAt'],
  'registration.created': ['an invited agent asked to be let in', 'agent key registration'],
  'registration.approved': ['an owner let it in', 'registration agent'],
  'registration.denied': ['an owner did not', 'registration agent'],
  'registration.collected': ['the agent fetched its certificate', 'registration agent certificate'],
  'lease.opened': [
    'a root lease was opened',
    'asked certificate contract_version subject reason labels approval person ' +
      'assertion_issuer face service claimed_consumer claimed_trace policy ' +
      'policy_version policy_effect',
  ],
  'lease.renewed': [
    'the end of a lease was moved',
    'seconds renewals granted_seconds certificate approval expiresAt face policy policy_version',
  ],
  'lease.released': ['a holder gave a lease back, with all below it', 'face'],
  'chain.joined': [
    'a chain of attenuating tokens became leases',
    'aat_issuer aat_root aat_leaf aat_depth',
  ],
  'tree.pinned': ['the addresses of an upstream were fixed for a tree', 'host'],
  'tree.pin_unanswered': [
    'the addresses a tree is pinned to are silent, and the name has others',
    'host',
  ],
  'delegation.created': [
    'a holder passed a part of a lease on',
    'delegate asked certificate contract_version approval jti policy policy_version',
  ],
  'delegation.redeemed': [
    'the delegate turned it into a lease of its own',
    'jti parent certificate policy policy_version',
  ],
  'token.minted': [
    'call tokens were minted',
    'audience count action asked certificate approval key bind policy policy_version',
  ],
  'token.redeemed': [
    'a call token or handle was spent on one call',
    'jti audience certificate address method target credential credential_version ' +
      'environment key policy policy_version server tool',
  ],
  'reservation.settled': [
    'what a call under a budget cost became known',
    'jti spent again model inputTokens outputTokens',
  ],
  'approval.requested': [
    'something waits for the yes of an owner',
    'asked certificate contract_version approval digest kind requester again seconds ' +
      'renewals granted_seconds audience count delegate labels person assertion_issuer face ' +
      'service action',
  ],
  'approval.approved': ['an owner said yes', 'approval digest kind requester'],
  'approval.denied': ['an owner said no', 'approval digest kind requester'],
  'revocation.recorded': [
    'a lease, agent, certificate, key or tenant was revoked or suspended',
    'subject effect reason face detail',
  ],
  'revocation.lifted': ['a suspension was lifted', 'subject'],
  'events.acknowledged': ['a receiver has the security events up to one', 'up_to failed'],
  'alert.acknowledged': ['a person has seen an alert', 'alert'],
  'anomaly.found': [
    'a rule found something unusual in the trail',
    'jti how rule action subject agent certificate before replays',
  ],
  'webhook.created': ['an owner named a receiver of alerts', 'webhook host privateNet'],
  'webhook.removed': ['an owner removed it', 'webhook'],
  'webhook.tested': ['an owner sent it a message to try it', 'webhook'],
  'operator.created': ['an owner added an owner or operator', 'name role'],
  'operator.revoked': ['the token of an owner or operator was taken back', 'name'],
  'session.opened': ['a person signed in at the console', 'expiresAt certificate'],
  'session.ended': ['a person signed out', ''],
  'handle.created': ['a handle to a lease was made', 'handle label'],
  'handle.revoked': ['a handle was revoked', 'handle reason'],
  'leash.minted': ['a LEASH token was minted', 'audience words jti version'],
  'handle.misused': ['somebody showed a handle without what it is bound to', 'handle label'],
  'request.replayed': ['a request of CDP was old or came again', ''],
  'session.registered': [
    'an agent opened a session of CDP',
    'agent_id agent_version transport address attestation tier fingerprint',
  ],
  'credential.retrieved': [
    'the value of a credential was handed out',
    'face service credential environment owner version exposure',
  ],
  'credential.created': [
    'an owner added a credential',
    'credential environment owner kind category backend origins classification ' +
      'allowedActions version',
  ],
  'credential.rotated': [
    'a credential has another secret',
    'credential environment owner backend version replaced',
  ],
  'credential.rolled_back': [
    'a credential has an earlier secret again',
    'credential environment owner version replaced',
  ],
  'credential.changed': [
    'what is said of a credential was changed',
    'credential environment owner state classification allowedActions origins requiresApproval',
  ],
  'credential.disabled': [
    'a credential may not be used until it is enabled',
    'credential environment owner state',
  ],
  'credential.removed': [
    'a credential was removed with its secrets',
    'credential environment owner',
  ],
  'key.rotated': ['a new key signs; the old one verifies for a while', 'purpose kid'],
  'key.retired': ['a key was taken out of force at once', 'kid reason'],
  'master_key.replacing': [
    'what is sealed is being sealed under another master key; nobody is served meanwhile',
    'from to',
  ],
  'master_key.replaced': [
    'what is sealed is sealed under another master key',
    'from to credentials versions webhooks unopened',
  ],
  'authority.started': ['an authority began to serve its store', 'firstOwner'],
  'authority.rollback_accepted': ['an owner had an older store served', 'checkpointAt chains'],
} satisfies Readonly<Record<string, Decision>>
