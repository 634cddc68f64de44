import { createHash } from 'node:crypto'
import type {
  AgentUri,
  CertificateThumbprint,
  KeyThumbprint,
  PrincipalId,
} from '../../domain/ids.ts'
import { parsePrincipalId } from '../../domain/ids.ts'
import { ASSERTION_RESOURCES_MAX, ASSERTION_SECONDS_MAX } from '../../domain/limits.ts'
import { type RefusalCode, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { parseScopeRequest } from '../../domain/scope/parse.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import {
  type ForeignClaims,
  ID_JAG_TYP,
  readForeignToken,
  verifyForeignToken,
} from '../../token/foreign.ts'
import { isTable } from '../../toml.ts'
import { keysFetcher } from '../oidc/fetch-keys.ts'
import { createIssuerKeys, type IssuerKeys } from '../oidc/issuer-keys.ts'
import type { AssertionIssuer } from './issuers.ts'

declare const brand: unique symbol

/** An issuer with its keys at hand. */
export interface OpenAssertionIssuer {
  readonly trusted: AssertionIssuer
  readonly keys: IssuerKeys
}

/** Issuers by `iss`. */
export type AssertionIssuers = ReadonlyMap<string, OpenAssertionIssuer>

/**
 * A person whom an issuer vouched for, to one agent, for one grant. Only `verifyAssertion` makes
 * one. It is not spent yet.
 */
export type VouchedPerson = {
  /** `<iss>#<sub>`: no issuer can name anybody else's people, nor an owner. */
  readonly subject: PrincipalId
  /** Our name of the issuer, for the record. */
  readonly issuer: string
  /** What it grants at most; absent: it does not say. */
  readonly details: ScopeRequest | undefined
  /** Where; absent: it does not say. */
  readonly resources: readonly string[] | undefined
  /** What makes the assertion one, and the first second it is refused without being known. */
  readonly spends: { readonly key: string; readonly expiresAt: EpochSeconds }
} & { readonly [brand]: 'VouchedPerson' }

/** Who shows an assertion. */
export interface AssertionBearer {
  readonly uri: AgentUri
  readonly certificate: CertificateThumbprint
  /** The key it proved to hold, if any. */
  readonly key: KeyThumbprint | undefined
}

/** Takes the configured issuers into service; reads their CA files. */
export function openAssertionIssuers(
  trusted: ReadonlyMap<string, AssertionIssuer>,
  failed: (issuer: string, cause: unknown) => void,
): AssertionIssuers {
  const issuers = new Map<string, OpenAssertionIssuer>()
  for (const [issuer, entry] of trusted) {
    const { algs, name } = entry
    const fetch = keysFetcher(entry.keys)
    const keys = createIssuerKeys({ fetch, algs, failed: (cause) => failed(name, cause) })
    issuers.set(issuer, { trusted: entry, keys })
  }
  return issuers
}

/** The refusal of each fault of a token; of any other it is `malformed`. */
const CODES: Readonly<Record<string, RefusalCode>> = {
  typ: 'token_kind',
  alg: 'signature_invalid',
  kid: 'signature_invalid',
  signature: 'signature_invalid',
  iss: 'issuer_mismatch',
  aud: 'audience_mismatch',
  nbf: 'not_yet_valid',
  iat: 'expired',
  exp: 'expired',
}

/**
 * Verifies an identity assertion grant (RFC 7523 §3, draft-ietf-oauth-identity-assertion-authz-
 * grant): its `typ` exactly, of a configured issuer, genuine, for this authority alone, of at most
 * ASSERTION_SECONDS_MAX, with `jti`, and given to the very agent that shows it. What it says beyond
 * that and would have to be heeded (`scope` words, `act`, a tenant) is refused and never passed
 * over. Refusals, each with the reason `/assertion`: `malformed`, `token_kind`,
 * `signature_invalid`, `issuer_mismatch`, `audience_mismatch`, `not_yet_valid`, `expired`,
 * `holder_binding_failed`; and `status_unknown` when the issuer's keys can not be had.
 */
export async function verifyAssertion(
  text: string,
  bearer: AssertionBearer,
  from: {
    readonly issuers: AssertionIssuers
    /** Our own issuer. */
    readonly audience: string
    readonly now: EpochSeconds
  },
): Promise<Result<VouchedPerson>> {
  const token = readForeignToken(text, ID_JAG_TYP)
  if (!token.ok) return toldAs(token)
  const issuer = from.issuers.get(token.value.issuer)
  if (issuer === undefined) return refuseAssertion('issuer_mismatch', 'unknown issuer')
  const { trusted, keys } = issuer
  const key = await keys.find(token.value.kid)
  if (!key.ok) return key.refusal.code === 'status_unknown' ? key : toldAs(key)
  const verified = await verifyForeignToken(token.value, key.value, {
    issuer: trusted.issuer,
    audience: from.audience,
    algs: trusted.algs,
    ageSecondsMax: ASSERTION_SECONDS_MAX,
    lifeSecondsMax: ASSERTION_SECONDS_MAX,
    now: from.now,
  })
  if (!verified.ok) return toldAs(verified)
  const claims = verified.value
  const holder = requireBearer(claims, bearer, trusted)
  return holder.ok ? readPerson(claims, trusted) : holder
}

/** Refuses with the reason that tells every face that the assertion is what is wrong. */
export function refuseAssertion(code: RefusalCode, word: string): Result<never> {
  const detail = 'This assertion is not accepted.'
  return refuse(code, { assertion: word }, [{ pointer: '/assertion', code, detail }])
}

function toldAs({ refusal }: Extract<Result<unknown>, { ok: false }>): Result<never> {
  const word = String(refusal.facts['token'] ?? '')
  return refuseAssertion(CODES[word] ?? 'malformed', word)
}

/** The continuity of the client (the draft's §4.4): whom it was given to is who shows it. */
function requireBearer(
  claims: ForeignClaims,
  bearer: AssertionBearer,
  trusted: AssertionIssuer,
): Result<void> {
  const { client_id: client, cnf } = claims
  if (typeof client !== 'string') return refuseAssertion('malformed', 'client_id')
  const agent = trusted.clients.get(client) ?? client
  if (agent !== bearer.uri) return refuseAssertion('holder_binding_failed', 'client_id')
  if (cnf === undefined) return accept(undefined)
  if (!isTable(cnf)) return refuseAssertion('malformed', 'cnf')
  const { 'x5t#S256': certificate, jkt, ...others } = cnf
  const held =
    Object.keys(others).length === 0 &&
    (certificate !== undefined || jkt !== undefined) &&
    (certificate === undefined || certificate === bearer.certificate) &&
    (jkt === undefined || jkt === bearer.key)
  return held ? accept(undefined) : refuseAssertion('holder_binding_failed', 'cnf')
}

/** Claims that say less than the rest of them does; who does not heed them grants too much. */
const UNHEEDED = ['act', 'scope', 'tenant', 'aud_tenant']

function readPerson(claims: ForeignClaims, trusted: AssertionIssuer): Result<VouchedPerson> {
  const { sub, jti, exp } = claims
  const unheeded = UNHEEDED.find((claim) => claims[claim] !== undefined)
  if (unheeded !== undefined) return refuseAssertion('malformed', unheeded)
  if (typeof sub !== 'string' || sub === '') return refuseAssertion('malformed', 'sub')
  const subject = parsePrincipalId(`${trusted.issuer}#${sub}`)
  if (subject === undefined) return refuseAssertion('malformed', 'sub')
  if (typeof jti !== 'string' || jti === '') return refuseAssertion('malformed', 'jti')
  const details = readDetails(claims['authorization_details'])
  if (!details.ok) return details
  const resources = readResources(claims['resource'])
  if (!resources.ok) return resources
  const text = JSON.stringify([trusted.issuer, 'assertion', jti])
  return accept({
    subject,
    issuer: trusted.name,
    details: details.value,
    resources: resources.value,
    spends: {
      key: createHash('sha256').update(text).digest('base64url'),
      // Verified: a moment.
      expiresAt: exp as EpochSeconds,
    },
  } as VouchedPerson)
}

/** RFC 9396 §2: exactly one object, of our type; one of another type is nothing we could grant. */
function readDetails(value: unknown): Result<ScopeRequest | undefined> {
  if (value === undefined) return accept(undefined)
  const parsed =
    Array.isArray(value) && value.length === 1 ? parseScopeRequest(value[0]) : undefined
  return parsed?.ok === true
    ? accept(parsed.value)
    : refuseAssertion('malformed', 'authorization_details')
}

/** RFC 8707 §2: one URI, or a list of them. */
function readResources(value: unknown): Result<readonly string[] | undefined> {
  if (value === undefined) return accept(undefined)
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = list.filter((entry) => typeof entry === 'string')
  const sound = texts.length > 0 && texts.length <= ASSERTION_RESOURCES_MAX
  return sound && texts.length === list.length
    ? accept(texts)
    : refuseAssertion('malformed', 'resource')
}
