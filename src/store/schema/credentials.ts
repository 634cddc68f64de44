import type { Classification, CredentialBackend, CredentialKind } from '../../domain/credential.ts'
import type { CredentialCategory } from '../../domain/terms.ts'

/**
 * Upstream credentials without their secrets; `origins`, `placement` and `token` are JSON, words of
 * `allowed_actions` have single spaces between, `owner` is the empty text where it is shared.
 */
export interface CredentialsTable {
  tenant: string
  name: string
  environment: string
  owner: string
  kind: CredentialKind
  category: CredentialCategory
  backend: CredentialBackend
  state: 'active' | 'disabled'
  version: number
  newest_version: number
  requires_approval: number
  allowed_actions: string
  classification: Classification
  created_at: number
  changed_at: number
  mark: string
  origins: string
  placement: string
  token: string | null
}

/** `sealed` is opaque here: only a holder of the master key can open it. */
export interface CredentialVersionsTable {
  tenant: string
  name: string
  environment: string
  owner: string
  version: number
  created_at: number
  created_by: string
  reference: string | null
  sealed: string | null
}

/** The tables of upstream credentials by name. */
export interface CredentialSchema {
  credentials: CredentialsTable
  credential_versions: CredentialVersionsTable
}
