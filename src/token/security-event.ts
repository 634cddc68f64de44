import type { EpochSeconds } from '../domain/time.ts'
import type { SigningKey } from './key.ts'
import { signCompact } from './sign.ts'

/** Whom an event is about: a subject identifier (RFC 9493), or CAEP's complex one. */
export type SubjectIdentifier = Readonly<Record<string, unknown>> & { readonly format: string }

/** One security event (RFC 8417): exactly one event, no `sub`, no `exp`. */
export interface SecurityEvent {
  readonly issuer: string
  /** The one receiver it is for. */
  readonly audience: string
  readonly issuedAt: EpochSeconds
  readonly jti: string
  readonly subject: SubjectIdentifier
  /** URI of the kind of event. */
  readonly event: string
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Signs an event as a security event token, typ `secevent+jwt`. Its key is for nothing else, so no
 * token, frame or receipt can be taken for one.
 */
export function signSecurityEvent(key: SigningKey, event: SecurityEvent): Promise<string> {
  const { issuer: iss, audience: aud, issuedAt: iat, jti, subject: sub_id } = event
  const payload = { iss, jti, iat, aud, sub_id, events: { [event.event]: event.payload } }
  return signCompact(key, { purpose: 'event', typ: 'secevent+jwt', payload })
}
