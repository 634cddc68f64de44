import {
  type Credential,
  type CredentialBackend,
  type CredentialKey,
  type CredentialVersion,
  sealingLabel,
  vouchedText,
} from '../domain/credential.ts'
import { hasFields } from '../domain/credential-checks.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { packFields, unpackFields } from './packed-fields.ts'
import { fitsPlacement } from './placed-secret.ts'
import { fingerprintOf, type MasterKey, seal, unseal, vouch, vouchesFor } from './sealing.ts'
import { dropFields, type SecretFields } from './secret.ts'

/** A credential with its secret in the clear, for the length of one call. */
export interface OpenedCredential {
  readonly credential: Credential
  /** The version that was opened. */
  readonly version: number
  /** `value` is what is placed; of an `oauth_client` it is an access token. */
  readonly fields: SecretFields
  /** Overwrites the secret; to be called as soon as the request is on its way. */
  drop(): void
}

/** Why a secret could not be had: a word for the audit record, never told to callers. */
export type Unavailable = { readonly ok: false; readonly reason: string }

/** What a backend found: the parts of the secret, each a copy of its own. */
export type Found = { readonly ok: true; readonly fields: SecretFields } | Unavailable

/**
 * Where secrets lie. Answers why not instead of throwing; what it throws all the same is taken as
 * `fault`. It keeps nothing: each answer is asked for anew (LEASH-38).
 */
export interface VaultBackend {
  open(credential: Credential, version: CredentialVersion): Promise<Found>
}

/** Turns the client secret of an `oauth_client` into an access token. */
export interface TokenSource {
  open(credential: Credential, clientSecret: SecretFields): Promise<Found>
  close(): void
}

/** What a vault is made of. */
export interface VaultParts {
  readonly master: MasterKey
  /** The version in use as it is stored now. */
  readonly readVersion: (
    key: CredentialKey,
    version: number,
  ) => Promise<CredentialVersion | undefined>
  /** Those that are set up here beside `embedded`. */
  readonly backends: Partial<Record<Exclude<CredentialBackend, 'embedded'>, VaultBackend>>
  /** Where a secret goes whose owner does not say (CDP-35). */
  readonly usual?: CredentialBackend
  /** Absent: no `oauth_client` can be opened here. */
  readonly tokens?: TokenSource
  /** Is told of what a backend threw. */
  readonly failed?: (fault: unknown) => void
}

/** What the marks of rows are made for. */
export const MARK_LABEL = 'credential'

/**
 * Opens credentials, one call at a time. What can not be had is refused `credential_unavailable`,
 * whatever the cause, and nothing is kept to fall back upon (LEASH-38, PROXY-18).
 */
export class CredentialVault {
  /** The backend of a credential whose owner names none. */
  readonly usual: CredentialBackend
  /** Which master key this is, as the store knows it. */
  readonly fingerprint: string
  readonly #parts: VaultParts
  readonly #backends: Partial<Record<CredentialBackend, VaultBackend>>

  constructor(parts: VaultParts) {
    this.#parts = parts
    this.fingerprint = fingerprintOf(parts.master)
    this.usual = parts.usual ?? 'embedded'
    this.#backends = { ...parts.backends, embedded: embeddedBackend(parts.master) }
  }

  /**
   * The secret of a credential as it is now. Refuses `credential_unavailable` when it is disabled,
   * when its row was changed without the master key, and when its backend does not give it. Does
   * not ask who may use it.
   */
  async open(credential: Credential): Promise<Result<OpenedCredential>> {
    const { name, environment, version, backend } = credential
    const found = await this.#find(credential)
    if (!found.ok) {
      const facts = { credential: name, environment, version, backend, reason: found.reason }
      return refuse('credential_unavailable', facts)
    }
    const { fields } = found
    return accept({ credential, version, fields, drop: () => dropFields(fields) })
  }

  /** Whether secrets of this backend can be had here at all. */
  has(backend: CredentialBackend): boolean {
    return this.#backends[backend] !== undefined
  }

  /** The parts of one version, sealed for the store. */
  seal(key: CredentialKey, version: number, fields: SecretFields): string {
    const packed = packFields(fields)
    try {
      return seal(this.#parts.master, sealingLabel(key, version), packed)
    } finally {
      packed.fill(0)
    }
  }

  /** The mark that goes with a row: without it, or with another row's, it is not opened. */
  marked(credential: Omit<Credential, 'mark'>): Credential {
    const mark = vouch(this.#parts.master, MARK_LABEL, vouchedText(credential))
    return { ...credential, mark }
  }

  /** Whether a row is as a vault with this master key marked it. */
  vouchesFor(credential: Credential): boolean {
    return vouchesFor(this.#parts.master, MARK_LABEL, vouchedText(credential), credential.mark)
  }

  /** Whether these parts can be the secret of such a credential. */
  fits(credential: Pick<Credential, 'kind' | 'placement'>, fields: SecretFields): boolean {
    const whole = hasFields(credential, Object.keys(fields))
    return whole && fitsPlacement(credential.placement, fields)
  }

  /** Forgets the access tokens that are kept. */
  close(): void {
    this.#parts.tokens?.close()
  }

  async #find(credential: Credential): Promise<Found> {
    const { readVersion, tokens, failed } = this.#parts
    if (!this.vouchesFor(credential)) return { ok: false, reason: 'altered' }
    if (credential.state !== 'active') return { ok: false, reason: 'disabled' }
    const backend = this.#backends[credential.backend]
    if (backend === undefined) return { ok: false, reason: 'not_set_up' }
    try {
      const version = await readVersion(credential, credential.version)
      if (version === undefined) return { ok: false, reason: 'no_version' }
      const found = this.#checked(credential, await backend.open(credential, version))
      if (!found.ok || credential.token === null) return found
      try {
        if (tokens === undefined) return { ok: false, reason: 'not_set_up' }
        return this.#checked(credential, await tokens.open(credential, found.fields))
      } finally {
        dropFields(found.fields)
      }
    } catch (fault) {
      failed?.(fault)
      return { ok: false, reason: 'fault' }
    }
  }

  /** What was found, when its parts and its form are those the credential needs. */
  #checked(credential: Credential, found: Found): Found {
    if (!found.ok || this.fits(credential, found.fields)) return found
    dropFields(found.fields)
    return { ok: false, reason: 'unfit' }
  }
}

function embeddedBackend(master: MasterKey): VaultBackend {
  return {
    async open(credential, { version, sealed }) {
      if (sealed === null) return { ok: false, reason: 'no_version' }
      const packed = unseal(master, sealingLabel(credential, version), sealed)
      try {
        return { ok: true, fields: unpackFields(packed) }
      } finally {
        packed.fill(0)
      }
    },
  }
}
