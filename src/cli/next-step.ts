/** Words of TLS for a server whose certificate this side does not trust. */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

const LOCAL = /^https?:\/\/(127\.|localhost|\[::1\])/

/** What to do about an error that has a known cause; undefined when nothing can be said. */
export function nextStep(error: unknown): string | undefined {
  const { code, address } = causeOf(error)
  if (code === 'ECONNREFUSED') {
    return LOCAL.test(address)
      ? 'Start it with writ serve, or say where it is: --addr (WRIT_ADDR) and the like.'
      : 'Is it running there? writ doctor looks; --addr (WRIT_ADDR) names another address.'
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'No such name: look at --addr (WRIT_ADDR), --agents-addr and --gateway-addr.'
  }
  if (UNTRUSTED.has(code)) {
    return 'Give the root of the authority: --cacert FILE (WRIT_CACERT), ca.crt of an identity.'
  }
  if (code === 'CERT_HAS_EXPIRED') return 'Its certificate has ended: look with writ doctor there.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'Use a name that its server_names has, or add this one there and start it again.'
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return 'One side speaks TLS and the other does not: look at http or https in the address.'
  }
  if (/ALERT_(CERTIFICATE|BAD|UNKNOWN_CA)/.test(code)) {
    return 'It does not take this certificate: writ agent renew, or writ agent reissue.'
  }
  return undefined
}

/** What to do about a refusal, by its word; `bearer` is what was sent, if anything. */
export function nextStepOf(code: string, bearer: string | undefined): string | undefined {
  switch (code) {
    case 'unauthenticated':
      return bearer === undefined ? undefined : tokenStep(bearer)
    case 'forbidden':
      return 'Another role is needed: an owner (keys/owner.token), or the agent of --identity.'
    case 'certificate_expired':
      return 'Its owner certifies a new key: writ agent reissue NAME.'
    case 'suspended':
      return 'Its owner ends that: writ revoke spiffe://… --lift.'
    case 'status_unknown':
    case 'overloaded':
      return 'Try again; writ doctor shows what is wrong.'
    default:
      return undefined
  }
}

/** A token of the wrong kind is known by its first letters; it is never shown (I12). */
function tokenStep(bearer: string): string {
  if (bearer.startsWith('eyJ')) {
    return 'That is a token of an agent: this needs the token of an owner or operator.'
  }
  if (bearer.startsWith('writ_enroll_')) {
    return 'An invitation is good once and for a short time: its owner makes another.'
  }
  if (!/^writ_(owner|operator)_/.test(bearer)) {
    return 'This is no token of an owner (writ_owner_…) or operator (writ_operator_…).'
  }
  return 'Nobody has this token (any more): an owner makes one with writ operator add.'
}

interface Cause {
  readonly code: string
  readonly address: string
}

/** The innermost code, and the address that was tried. */
function causeOf(error: unknown): Cause {
  const address = error instanceof Error ? (/from (\S+):/.exec(error.message)?.[1] ?? '') : ''
  for (let at: unknown = error; at instanceof Error; ) {
    if (at instanceof AggregateError) return { code: causeOf(at.errors[0]).code, address }
    if ('code' in at && typeof at.code === 'string') return { code: at.code, address }
    at = at.cause
  }
  return { code: '', address }
}
