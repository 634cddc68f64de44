import { importJWK } from 'jose'
import { FOREIGN_KEYS_MAX } from '../domain/limits/attestation.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { decodeBase64url } from './base64url.ts'
import { isObject } from './shape.ts'
import { parseEd25519PublicKey } from './weak-keys.ts'

/** How issuers other than us may sign: one algorithm for each type of key (RFC 8725 §3.1). */
export const FOREIGN_ALGS = ['RS256', 'ES256', 'EdDSA'] as const
/** An algorithm of such an issuer. */
export type ForeignAlg = (typeof FOREIGN_ALGS)[number]

/** A public key of an issuer, good for one algorithm only. */
export interface ForeignKey {
  readonly kid: string
  readonly alg: ForeignAlg
  readonly key: Awaited<ReturnType<typeof importJWK>>
}

/** The keys of one issuer by the name the issuer gave them. */
export type ForeignKeys = ReadonlyMap<string, ForeignKey>

type Jwk = Readonly<Record<string, unknown>>

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const RSA_BYTES_MIN = 256
const RSA_BYTES_MAX = 1_024
/** 65537: what every issuer uses; an exponent of 1 would let anybody sign. */
const RSA_EXPONENT = 'AQAB'

/**
 * The keys of a set an issuer publishes (RFC 7517 §5) that are good for one of the algorithms.
 * Keys for something else are passed over, and so is a name that stands twice, since nobody can
 * tell which is meant. A set with a private or symmetric member is refused whole: whoever
 * published it has lost its keys. Refusal: `malformed`.
 */
export async function readForeignKeys(
  value: unknown,
  algs: readonly ForeignAlg[],
): Promise<Result<ForeignKeys>> {
  const entries = isObject(value) ? value['keys'] : undefined
  if (!Array.isArray(entries) || entries.length > FOREIGN_KEYS_MAX) return notASet('no list')
  const keys = new Map<string, ForeignKey>()
  const twice = new Set<string>()
  for (const entry of entries) {
    if (!isObject(entry)) return notASet('a key that is no object')
    if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(entry, member))) {
      return notASet('a secret part is published')
    }
    const key = await readKey(entry, algs)
    if (key === undefined) continue
    if (keys.has(key.kid)) twice.add(key.kid)
    keys.set(key.kid, key)
  }
  for (const kid of twice) keys.delete(kid)
  return accept(keys)
}

function notASet(reason: string): Result<never> {
  return refuse('malformed', { keys: reason })
}

async function readKey(jwk: Jwk, algs: readonly ForeignAlg[]): Promise<ForeignKey | undefined> {
  const { kid, use, alg: stated } = jwk
  if (typeof kid !== 'string' || kid === '' || kid.length > 256) return undefined
  if (use !== undefined && use !== 'sig') return undefined
  const alg = algOf(jwk)
  if (alg === undefined || !algs.includes(alg)) return undefined
  if (stated !== undefined && stated !== alg) return undefined
  try {
    return { kid, alg, key: await importJWK(publicPart(jwk), alg) }
  } catch {
    return undefined
  }
}

/** The one algorithm of a key that is strong enough; undefined for every other key. */
function algOf({ kty, crv, n, e, x }: Jwk): ForeignAlg | undefined {
  if (kty === 'RSA') {
    const length = bytesOf(n)?.length ?? 0
    const sound = length >= RSA_BYTES_MIN && length <= RSA_BYTES_MAX && e === RSA_EXPONENT
    return sound ? 'RS256' : undefined
  }
  if (kty === 'EC') return crv === 'P-256' ? 'ES256' : undefined
  if (kty !== 'OKP' || crv !== 'Ed25519') return undefined
  const bytes = bytesOf(x)
  return bytes !== undefined && parseEd25519PublicKey(bytes).ok ? 'EdDSA' : undefined
}

/** The key alone, without certificates, addresses or uses that stand beside it. */
function publicPart({ kty, crv, n, e, x, y }: Jwk) {
  const members = Object.entries({ kty, crv, n, e, x, y })
  const texts = members.filter(
    (member): member is [string, string] => typeof member[1] === 'string',
  )
  return { ...Object.fromEntries(texts), kty: String(kty) }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeBase64url(value) : undefined
}
