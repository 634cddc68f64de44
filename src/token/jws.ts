import { type KeyThumbprint, parseKeyThumbprint } from '../domain/ids.ts'
import { type Reason, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { decodeBase64url } from './base64url.ts'
import type { KeyPurpose, KeySource, VerificationKey } from './key.ts'
import { createMemory } from './memory.ts'
import { isObject } from './shape.ts'
import { decodeUtf8, readWrittenJson } from './strict-json.ts'

/** A compact JWS (RFC 7515 §7.1) whose form is right; nothing is known yet about who made it. */
export interface CompactJws {
  readonly alg: string
  readonly kid: KeyThumbprint
  /** The payload as text; not read yet. */
  readonly payload: string
  /** Header and payload as received, which is what was signed. */
  readonly signed: string
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/**
 * Whether an Ed25519 signature (RFC 8032 §5.1.7) over these bytes is genuine. Handed in, because
 * the fast way differs from runtime to runtime. May throw only when the runtime broke.
 */
export type SignatureCheck = (
  key: VerificationKey,
  signed: string,
  signature: Uint8Array,
) => Promise<boolean>

interface Header {
  readonly alg: string
  readonly typ: string
  readonly kid: KeyThumbprint
}

const SIGNATURE_BYTES = 64
/** Our own headers differ by key and type only; a few keys are in force at a time. */
const HEADERS_KEPT = 32
const headers = createMemory<Header>(HEADERS_KEPT)

/**
 * Takes a compact JWS apart, strictly and before any cryptography. Refusals: `too_large` above
 * `bytesMax`, `malformed`, and `token_kind` for a sound header with another `typ` (compared
 * exactly, RFC 8725 §3.11). The header has exactly the string members alg, typ, kid, in this order.
 * Does not judge `alg`: the key does, in `verifySignature`. Does not read the payload.
 */
export function readCompact(
  text: string,
  expected: { readonly typ: string; readonly bytesMax: number },
): Result<CompactJws> {
  if (text.length > expected.bytesMax) return refuse('too_large', { bytes: text.length })
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (second === -1 || text.includes('.', second + 1)) {
    return malformed('', 'A compact JWS has three parts.')
  }
  const header = readHeader(text.slice(0, first))
  if (header === undefined) return malformed('/header', 'Exactly alg, typ and kid.')
  const payload = decodeText(text.slice(first + 1, second))
  if (payload === undefined) return malformed('/payload', 'Canonical base64url of UTF-8.')
  const signature = decodeBase64url(text.slice(second + 1))
  if (signature?.length !== SIGNATURE_BYTES) {
    return malformed('/signature', 'Canonical base64url of 64 bytes.')
  }
  if (header.typ !== expected.typ) return refuse('token_kind', { typ: header.typ })
  const { alg, kid } = header
  return accept({ alg, kid, payload, signed: text.slice(0, second), signature })
}

/**
 * Holds a JWS against the key its `kid` names. Refusal `signature_invalid`: no such key in force, a
 * key for another purpose, another `alg` than the key's own, or a signature that is not genuine.
 */
export async function verifySignature(
  jws: CompactJws,
  keys: KeySource,
  purpose: KeyPurpose,
  isGenuine: SignatureCheck,
): Promise<Result<VerificationKey>> {
  const key = keys.verification(jws.kid)
  if (key === undefined) return refuse('signature_invalid', { kid: jws.kid, known: false })
  if (key.purpose !== purpose || key.alg !== jws.alg) {
    return refuse('signature_invalid', { kid: jws.kid, purpose: key.purpose, alg: key.alg })
  }
  if (!(await isGenuine(key, jws.signed, jws.signature))) {
    return refuse('signature_invalid', { kid: jws.kid, genuine: false })
  }
  return accept(key)
}

/** The refusal `malformed` with one reason. */
export function malformed(pointer: string, detail: string): Result<never> {
  const reason: Reason = { pointer, code: 'malformed', detail }
  return refuse('malformed', { pointer }, [reason])
}

/** Headers repeat from token to token, so the few sound ones are read once. */
function readHeader(encoded: string): Header | undefined {
  const known = headers.recall(encoded)
  if (known !== undefined) return known
  const text = decodeText(encoded)
  const header = text === undefined ? undefined : headerOf(readWrittenJson(text))
  if (header !== undefined) headers.keep(encoded, header)
  return header
}

function decodeText(encoded: string): string | undefined {
  const bytes = decodeBase64url(encoded)
  return bytes === undefined ? undefined : decodeUtf8(bytes)
}

function headerOf(value: unknown): Header | undefined {
  if (!isObject(value) || Object.keys(value).join() !== 'alg,typ,kid') return undefined
  const { alg, typ, kid } = value
  if (typeof alg !== 'string' || typeof typ !== 'string' || typeof kid !== 'string') {
    return undefined
  }
  const thumbprint = parseKeyThumbprint(kid)
  return thumbprint === undefined ? undefined : { alg, typ, kid: thumbprint }
}
