import type { CertificateThumbprint, Jti, LeaseId, TenantId } from './ids.ts'
import { LEASH_WORDS_MAX } from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { EpochSeconds } from './time.ts'

/** A minted leash as it is kept: which one of its lease it is, and until when. */
export interface LeashRow {
  readonly tenant: TenantId
  readonly jti: Jti
  readonly lease: LeaseId
  /** Counts from 1 for each lease; the newest alone is good (LEASHX-02). */
  readonly version: number
  /** Its holder showed it when it took the leash, which dies with it. */
  readonly certificate: CertificateThumbprint
  readonly createdAt: EpochSeconds
  readonly expiresAt: EpochSeconds
}

/** What a `leash+jwt` says (LEASHX-02), in our words. */
export interface LeashClaims {
  readonly issuer: string
  readonly lease: LeaseId
  readonly jti: Jti
  readonly issuedAt: EpochSeconds
  readonly notBefore: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly words: readonly string[]
  readonly grantVersion: number
  /** Version of the contract at the time; informational. */
  readonly profileVersion: number
  /** 32 bytes, base64url. */
  readonly agentKey: string
  readonly revocationUrl: string
  readonly audience: string
}

/** `resource(.part)*:action[:qualifier]`; a resource is always named (LEASHX-04). */
const RESOURCE = /^[a-z][a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63}){0,7}$/
const ACTION = /^(?:read|write|use|list|sign|\*)(?::[A-Za-z0-9_.-]{1,63})?$/

/** Whether a text is one word of a leash's scope; `*:*` is none. */
export function isLeashWord(text: string): boolean {
  const colon = text.indexOf(':')
  if (colon === -1) return false
  return RESOURCE.test(text.slice(0, colon)) && ACTION.test(text.slice(colon + 1))
}

/**
 * The words a leash is asked for: at least one, each once, each of the grammar. Refuses `malformed`
 * with a pointer; an empty scope is not everything, it is nothing (LEASHX-04).
 */
export function requireLeashWords(words: readonly string[]): Result<void> {
  const wrong = words.findIndex((word, at) => !isLeashWord(word) || words.indexOf(word) !== at)
  const count = words.length
  if (wrong === -1 && count >= 1 && count <= LEASH_WORDS_MAX) return accept(undefined)
  const pointer = wrong === -1 ? '/scope' : `/scope/${wrong}`
  const detail = `1 to ${LEASH_WORDS_MAX} words of resource.part:action:qualifier, each once.`
  return refuse('malformed', {}, [{ pointer, code: 'scope', detail }])
}
