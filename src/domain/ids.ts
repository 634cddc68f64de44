declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `lease_` and 128 random bits in base64url (22 characters). Unguessable (CRPX-21). */
export type LeaseId = Branded<'LeaseId'>
/** 128 random bits in base64url; unique per issuer, spent at most once (I7). */
export type Jti = Branded<'Jti'>
/** `spiffe://<trust-domain>/agent/<name>`: an agent, as its certificate names it. */
export type AgentUri = Branded<'AgentUri'>
/** The accountable person or system on whose behalf a tree acts (`sub`). */
export type PrincipalId = Branded<'PrincipalId'>
/** A tenant; trees never cross tenants (I5). */
export type TenantId = Branded<'TenantId'>
/** base64url(SHA-256(DER certificate)): `x5t#S256` of RFC 8705. 43 characters. */
export type CertificateThumbprint = Branded<'CertificateThumbprint'>
/** RFC 7638 thumbprint of a JWK, SHA-256, base64url. 43 characters. */
export type KeyThumbprint = Branded<'KeyThumbprint'>
/** `req_` and 128 random bits: one request through every hop, log line and audit record. */
export type RequestId = Branded<'RequestId'>
/** `enroll_` and 128 random bits: an invitation, named apart from its one-time token. */
export type EnrollmentId = Branded<'EnrollmentId'>
/** `reg_` and 128 random bits: one request of an agent to be let in. */
export type RegistrationId = Branded<'RegistrationId'>
/** `appr_` and 128 random bits: one question to an owner. Names it and proves nothing. */
export type ApprovalId = Branded<'ApprovalId'>
/** `alert_` and 128 random bits: one alert, and each message that tells it. */
export type AlertId = Branded<'AlertId'>
/** `hook_` and 128 random bits: one receiver of alerts. */
export type WebhookId = Branded<'WebhookId'>
/** `handle_` and 128 random bits: names a handle, and opens nothing. */
export type HandleId = Branded<'HandleId'>

/** The tenant of a deployment that does not separate tenants. */
export const DEFAULT_TENANT = 'default' as TenantId

const RANDOM = /^[A-Za-z0-9_-]{21}[AQgw]$/
const SHA256 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const AGENT_SEGMENT = /^[A-Za-z0-9._-]+$/
const TENANT = /^[\x21-\x7e]{1,255}$/
const PRINCIPAL = /^[\x21-\x7e]{1,255}$/

/** Whether a text is exactly a prefix and 128 bits in canonical base64url. */
function named(prefix: string, text: string): boolean {
  return text.startsWith(prefix) && RANDOM.test(text.slice(prefix.length))
}

/** A lease id, or undefined when the text is not exactly one. */
export function parseLeaseId(text: string): LeaseId | undefined {
  return named('lease_', text) ? (text as LeaseId) : undefined
}

/** A token id, or undefined; canonical base64url of 16 bytes. */
export function parseJti(text: string): Jti | undefined {
  return RANDOM.test(text) ? (text as Jti) : undefined
}

/** A request id, or undefined. */
export function parseRequestId(text: string): RequestId | undefined {
  return named('req_', text) ? (text as RequestId) : undefined
}

/** An alert id, or undefined. */
export function parseAlertId(text: string): AlertId | undefined {
  return named('alert_', text) ? (text as AlertId) : undefined
}

/** The id of a handle, or undefined; never the handle itself. */
export function parseHandleId(text: string): HandleId | undefined {
  return named('handle_', text) ? (text as HandleId) : undefined
}

/** A webhook id, or undefined. */
export function parseWebhookId(text: string): WebhookId | undefined {
  return named('hook_', text) ? (text as WebhookId) : undefined
}

/** An enrollment id, or undefined. */
export function parseEnrollmentId(text: string): EnrollmentId | undefined {
  return named('enroll_', text) ? (text as EnrollmentId) : undefined
}

/** A registration id, or undefined. */
export function parseRegistrationId(text: string): RegistrationId | undefined {
  return named('reg_', text) ? (text as RegistrationId) : undefined
}

/** An approval id, or undefined. */
export function parseApprovalId(text: string): ApprovalId | undefined {
  return named('appr_', text) ? (text as ApprovalId) : undefined
}

/** A certificate thumbprint, or undefined; canonical base64url of 32 bytes. */
export function parseCertificateThumbprint(text: string): CertificateThumbprint | undefined {
  return SHA256.test(text) ? (text as CertificateThumbprint) : undefined
}

/** A key thumbprint, or undefined; canonical base64url of 32 bytes. */
export function parseKeyThumbprint(text: string): KeyThumbprint | undefined {
  return SHA256.test(text) ? (text as KeyThumbprint) : undefined
}

/** A principal: 1 to 255 printable ASCII characters without spaces, compared byte by byte. */
export function parsePrincipalId(text: string): PrincipalId | undefined {
  return PRINCIPAL.test(text) ? (text as PrincipalId) : undefined
}

/** A tenant: 1 to 255 printable ASCII characters without spaces. */
export function parseTenantId(text: string): TenantId | undefined {
  return TENANT.test(text) ? (text as TenantId) : undefined
}

/**
 * An agent id after the SPIFFE grammar (SPIFFE-ID §2): lowercase trust domain, at least one path
 * segment of `[A-Za-z0-9._-]`, no empty, `.` or `..` segment, no trailing slash, at most 2048
 * bytes.
 */
export function parseAgentUri(text: string): AgentUri | undefined {
  if (text.length > 2048 || !text.startsWith('spiffe://')) return undefined
  const [trustDomain = '', ...segments] = text.slice('spiffe://'.length).split('/')
  if (!TRUST_DOMAIN.test(trustDomain) || segments.length === 0) return undefined
  const wellFormed = segments.every(
    (segment) => AGENT_SEGMENT.test(segment) && segment !== '.' && segment !== '..',
  )
  return wellFormed ? (text as AgentUri) : undefined
}

/** The trust domain of an agent id: the text between `spiffe://` and the first slash. */
export function trustDomainOf(agent: AgentUri): string {
  return agent.slice('spiffe://'.length, agent.indexOf('/', 'spiffe://'.length))
}

/** Where fresh ids come from; real ones draw 128 bits from the system's random source. */
export interface IdSource {
  lease(): LeaseId
  jti(): Jti
  request(): RequestId
  enrollment(): EnrollmentId
  registration(): RegistrationId
  approval(): ApprovalId
  handle(): HandleId
  webhook(): WebhookId
}
