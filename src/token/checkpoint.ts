import type { ChainHead } from '../domain/audit.ts'
import { CHECKPOINT_BYTES_MAX, CHECKPOINT_CHAINS_MAX, SCOPE_STRING_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { malformed, readCompact, verifySignature } from './jws.ts'
import type { KeySource, SigningKey } from './key.ts'
import { faultFinder, integer, list, matching, object, text } from './shape.ts'
import { signCompact } from './sign.ts'
import { isGenuineByNode } from './signature-node.ts'
import { readWrittenJson } from './strict-json.ts'

/** A signed statement that joins the heads of all chains at one moment. */
export interface SignedCheckpoint {
  readonly issuer: string
  readonly issuedAt: EpochSeconds
  /** Sorted by chain, each chain once. */
  readonly chains: readonly ChainHead[]
  /** The highest moment the store had seen: time never runs backwards past it. */
  readonly mark: EpochSeconds
  /** base64url(SHA-256) of the signed checkpoint before, null for the first. */
  readonly previous: string | null
}

interface WireCheckpoint {
  readonly iss: string
  readonly iat: number
  readonly chains: readonly ChainHead[]
  readonly mark: number
  readonly previous: string | null
}

const TYP = 'writ-checkpoint+jwt'
const isHash = matching(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
const isHead = object({
  required: { chain: text(SCOPE_STRING_MAX), sequence: integer(), hash: isHash },
})

const findFault = faultFinder({
  required: {
    iss: text(SCOPE_STRING_MAX),
    iat: integer(),
    chains: (value) => list(isHead, 0, CHECKPOINT_CHAINS_MAX)(value) && isSorted(value),
    mark: integer(),
    previous: (value) => value === null || isHash(value),
  },
})

/**
 * Signs a checkpoint with a key for checkpoints (typ `writ-checkpoint+jwt`). Throws when the heads
 * are not of their shape, which is a bug of the caller.
 */
export async function signCheckpoint(
  key: SigningKey,
  statement: SignedCheckpoint,
): Promise<string> {
  const payload: WireCheckpoint = {
    iss: statement.issuer,
    iat: statement.issuedAt,
    chains: statement.chains.map(({ chain, sequence, hash }) => ({ chain, sequence, hash })),
    mark: statement.mark,
    previous: statement.previous,
  }
  const fault = findFault(payload)
  if (fault !== undefined) throw new Error(`This makes no checkpoint: ${fault}.`)
  return signCompact(key, { purpose: 'checkpoint', typ: TYP, payload })
}

/**
 * Reads a checkpoint, strictly. Refusals: `too_large`, `malformed`, `token_kind`,
 * `signature_invalid`, `issuer_mismatch`. A checkpoint does not expire; give `KeyRing.archive` to
 * read old ones. Does not compare it with any store.
 */
export async function verifyCheckpoint(
  text: string,
  expected: { readonly keys: KeySource; readonly issuer: string },
): Promise<Result<SignedCheckpoint>> {
  const jws = readCompact(text, { typ: TYP, bytesMax: CHECKPOINT_BYTES_MAX })
  if (!jws.ok) return jws
  const payload = readWrittenJson(jws.value.payload)
  const fault = findFault(payload)
  if (fault !== undefined) return malformed(fault, 'Missing, unknown or not of its shape.')
  const signed = await verifySignature(jws.value, expected.keys, 'checkpoint', isGenuineByNode)
  if (!signed.ok) return signed
  const { iss: issuer, iat, chains, mark, previous } = payload as WireCheckpoint
  if (issuer !== expected.issuer) return refuse('issuer_mismatch', { issuer })
  const [issuedAt, at] = [iat as EpochSeconds, mark as EpochSeconds]
  return accept({ issuer, issuedAt, chains, mark: at, previous })
}

/** By UTF-16 unit, strictly ascending, so that no chain is named twice. */
function isSorted(value: unknown): boolean {
  const heads = value as readonly ChainHead[]
  return heads.every((head, index) => {
    const before = heads[index - 1]
    return before === undefined || before.chain < head.chain
  })
}
