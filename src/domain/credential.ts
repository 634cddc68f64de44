import type { PrincipalId, TenantId } from './ids.ts'
import type { CredentialCategory } from './terms.ts'
import type { EpochSeconds } from './time.ts'

/**
 * What kind of secret it is. Each has the part `value`: the key, token, password, client secret or
 * connection string; `custom` may have other parts beside it.
 */
export const CREDENTIAL_KINDS = [
  'api_key',
  'bearer',
  'basic',
  'header',
  'query',
  'oauth_client',
  'connection_string',
  'custom',
] as const
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number]

/** Where the secret itself lies: in our store, in a file, or in a HashiCorp-like KV v2 vault. */
export const CREDENTIAL_BACKENDS = ['embedded', 'file', 'vault_kv'] as const
export type CredentialBackend = (typeof CREDENTIAL_BACKENDS)[number]

/**
 * What may be done with one. `use`: the gateway puts it into calls, and whoever makes them never
 * sees it. `retrieve`: its value may be handed out, where everything else allows that too.
 */
export const CREDENTIAL_ACTIONS = ['use', 'retrieve'] as const
export type CredentialAction = (typeof CREDENTIAL_ACTIONS)[number]

/**
 * How bad it is when it gets out, mildest first (CRP 0.2). A `restricted` one is never handed out,
 * whatever else is set.
 */
export const CLASSIFICATIONS = ['public', 'internal', 'confidential', 'restricted'] as const
export type Classification = (typeof CLASSIFICATIONS)[number]

/** The environment of a credential that names none (KS-19). */
export const DEFAULT_ENVIRONMENT = 'production'

/** Which credential: a name may exist once for each environment and owner; null is shared. */
export interface CredentialKey {
  readonly tenant: TenantId
  /** Lowercase segments with single slashes between: `github`, `payments/stripe`. */
  readonly name: string
  readonly environment: string
  /** Whose it is: it serves the trees of this principal alone (PROXY-43). */
  readonly owner: PrincipalId | null
}

/**
 * Where in an HTTP request the part `value` goes. `header`: prefix and value, nothing between.
 * `bearer`: RFC 6750 §2.1. `basic`: RFC 7617, value as the password. `query`: one parameter.
 * `placeholder`: instead of this text, where the agent wrote it. `none`: nowhere; it is for other
 * protocols.
 */
export type Placement =
  | { readonly in: 'header'; readonly name: string; readonly prefix: string }
  | { readonly in: 'bearer' }
  | { readonly in: 'basic'; readonly username: string }
  | { readonly in: 'query'; readonly name: string }
  | { readonly in: 'placeholder'; readonly text: string }
  | { readonly in: 'none' }

/** How an `oauth_client` gets its access tokens (RFC 6749 §4.4). Nothing of it is secret. */
export interface TokenEndpoint {
  /** https, or http where `privateNet` says so. Never redirected. */
  readonly url: string
  readonly clientId: string
  /** `basic`: RFC 6749 §2.3.1 in the header; `post`: in the body. */
  readonly clientAuth: 'basic' | 'post'
  readonly scope: string | null
  /** Some issuers want the name of the API (`audience`). */
  readonly audience: string | null
  /** Whether the endpoint may lie at a private address. */
  readonly privateNet: boolean
}

/** All that is known of a credential without its secret; safe to show to people of the tenant. */
export interface Credential extends CredentialKey {
  readonly kind: CredentialKind
  readonly category: CredentialCategory
  /** `https://host[:port]`: the only places it may ever be sent to. */
  readonly origins: readonly string[]
  readonly placement: Placement
  /** Only of `oauth_client`. */
  readonly token: TokenEndpoint | null
  readonly backend: CredentialBackend
  /** The version in use; counts from 1. */
  readonly version: number
  /** The newest version ever made: a rollback does not give its number again. */
  readonly newestVersion: number
  readonly state: 'active' | 'disabled'
  /** Whether each use needs a yes of the owner. */
  readonly requiresApproval: boolean
  /** In the order of CREDENTIAL_ACTIONS, each once, and at least one. */
  readonly allowedActions: readonly CredentialAction[]
  readonly classification: Classification
  readonly createdAt: EpochSeconds
  readonly changedAt: EpochSeconds
  /** Made by the vault over all that says where the secret may go; see `vouchedText`. */
  readonly mark: string
}

/** One version of a secret: sealed, or the name it has in the backend that holds it. */
export interface CredentialVersion extends CredentialKey {
  readonly version: number
  /** Sealed parts; only of `embedded`. */
  readonly sealed: string | null
  /** `path#part` in the backend; only of `file` and `vault_kv`. */
  readonly reference: string | null
  readonly createdAt: EpochSeconds
  /** Who made it, as audit records name people. */
  readonly createdBy: string
}

/** Where the parts of one version are sealed to: no other place opens them. */
export function sealingLabel(key: CredentialKey, version: number): string {
  const { tenant, name, environment, owner } = key
  return `credential/${JSON.stringify([tenant, name, environment, owner, version])}`
}

/**
 * What the mark of a credential covers: its key, and all that decides where its secret goes and who
 * is asked. Whoever can write to the database and has no master key can not send it elsewhere; an
 * older row put back whole is not noticed.
 */
export function vouchedText(credential: Omit<Credential, 'mark'>): string {
  const { tenant, name, environment, owner, kind, category, origins, placement, token } = credential
  const { backend, version, state, requiresApproval, allowedActions, classification } = credential
  const place = [placement.in, 'name' in placement ? placement.name : null]
  const details = [
    'prefix' in placement ? placement.prefix : null,
    'username' in placement ? placement.username : null,
    'text' in placement ? placement.text : null,
  ]
  const issuer = token && [
    ...[token.url, token.clientId, token.clientAuth, token.scope, token.audience],
    token.privateNet,
  ]
  return JSON.stringify([
    ...[tenant, name, environment, owner, kind, category, origins, place, details, issuer],
    ...[backend, version, state, requiresApproval, allowedActions, classification],
  ])
}

/** Whether the gateway can put it into an HTTP request. */
export function isInjectable({ placement }: Pick<Credential, 'placement'>): boolean {
  return placement.in !== 'none'
}
