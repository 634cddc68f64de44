import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { parseEd25519PublicKey } from '../token/weak-keys.ts'
import type { MethodOutcome } from './appraise.ts'

/**
 * The digest of the code an agent runs, as the agent reports it, and a release key's signature over
 * it. The digest is self-reported: the signature proves that this code was released, not that this
 * code is what runs.
 */
export interface SignedCodeEvidence {
  /** base64url(SHA-256) of the release, 43 characters. */
  readonly digest: string
  /** Name of the release key, from configuration. */
  readonly releaseKey: string
  /** base64url Ed25519 signature over `releaseStatement(digest)`. */
  readonly signature: string
}

/** A key the owner trusts to sign releases. */
export interface ReleaseKey {
  readonly name: string
  readonly publicKey: KeyObject
}

const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** The bytes a release key signs; the prefix keeps the signature from meaning anything else. */
export function releaseStatement(digest: string): Buffer {
  return Buffer.from(`writ release v1\n${digest}`, 'ascii')
}

/** Reads a release key from its 32 raw bytes; refuses weak ones. */
export function readReleaseKey(name: string, raw: Uint8Array): Result<ReleaseKey> {
  const sound = parseEd25519PublicKey(raw)
  if (!sound.ok) return sound
  const der = Buffer.concat([SPKI_PREFIX, raw])
  return accept({ name, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) })
}

/** Refuses `attestation_failed` unless a trusted release key signed the digest. */
export function appraiseSignedCode(
  evidence: SignedCodeEvidence,
  releaseKeys: readonly ReleaseKey[],
): Result<MethodOutcome> {
  const { digest, releaseKey, signature } = evidence
  if (!DIGEST.test(digest) || !SIGNATURE.test(signature)) {
    return refuse('attestation_failed', { reason: 'shape' })
  }
  const key = releaseKeys.find(({ name }) => name === releaseKey)
  if (key === undefined) return refuse('attestation_failed', { reason: 'unknown release key' })
  const bytes = Buffer.from(signature, 'base64url')
  const holds = verify(null, releaseStatement(digest), key.publicKey, bytes)
  if (!holds) return refuse('attestation_failed', { reason: 'signature' })
  const evidenceHash = `sha-256:${digest}`
  return accept({ tier: 'affirming', evidenceHash, code: `release:${evidenceHash}` })
}
