import type { Asker, Peer, Seen } from './http.ts'
import { AUDIENCE, NARROW } from './http.ts'

/** Where the OAuth face answers. */
export const TOKEN = '/oauth2/token'
export const INTROSPECT = '/oauth2/introspect'
export const REVOKE = '/oauth2/revoke'

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const DELEGATION = 'urn:writ:token-type:delegation'
export const LEASE = 'urn:writ:token-type:lease'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** The parameters of a form; a list of pairs may say one twice. */
export type Params = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

/** Sends a form. */
export function form(
  as: Asker,
  path: string,
  params: Params,
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const pairs = Array.isArray(params) ? params : Object.entries(params)
  const raw = new URLSearchParams(pairs as [string, string][]).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return as.ask('POST', path, { raw, headers: { ...type, ...headers } })
}

/** `authorization_details` with this one scope. */
export function detailsOf(scope: object = NARROW): string {
  return JSON.stringify([scope])
}

/** The parameters that exchange a delegation token for a call token. */
export function exchangeOf(token: string, more: Readonly<Record<string, string>> = {}) {
  return {
    grant_type: EXCHANGE,
    subject_token: token,
    subject_token_type: DELEGATION,
    resource: AUDIENCE,
    ...more,
  }
}

/** The parameters that take a call token from a lease. */
export function fromLease(lease: string, more: Readonly<Record<string, string>> = {}) {
  return { ...exchangeOf(lease, more), subject_token_type: LEASE }
}

/** The claims that a token says of itself. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into tokens of every shape
export function claimsIn(token: string): any {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** Redeems a call token at an enforcement point; answers the status. */
export async function spend(
  gateway: Peer,
  token: string,
  peer: Peer,
  request: object,
): Promise<Seen> {
  const { uri, thumbprint: certificate_thumbprint } = peer
  const body = { token, audience: AUDIENCE, request, peer: { uri, certificate_thumbprint } }
  return gateway.ask('POST', '/v1/tokens/redeem', { body })
}
