import { createHash, createPrivateKey, sign, webcrypto } from 'node:crypto'
import { type AgentUri, type KeyThumbprint, parseKeyThumbprint } from '../domain/ids.ts'
import { CSR_BYTES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import {
  generateKeyPair,
  type Key,
  P256,
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  privateKeyPem,
  SubjectAlternativeNameExtension,
} from './x509.ts'

const HASHES: readonly string[] = ['SHA-256', 'SHA-384', 'SHA-512']
const POINT_BYTES = 65
const SIGNATURE_BYTES = 64
const UNCOMPRESSED = 4

/**
 * A fresh key and a request (PKCS #10, PEM) for it. The URI in it is for human eyes: the authority
 * decides the name. The private key is PKCS #8 PEM and never leaves its owner (I12).
 */
export async function createAgentRequest(
  uri: AgentUri,
): Promise<{ readonly csrPem: string; readonly privateKeyPem: string }> {
  const keys = await generateKeyPair()
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: P256,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: uri }])],
  })
  return { csrPem: request.toString('pem'), privateKeyPem: await privateKeyPem(keys.privateKey) }
}

/**
 * The public key of a request (RFC 2986), once its signature has proven possession. Takes one PEM
 * block of at most CSR_BYTES_MAX characters with an ECDSA P-256 key and nothing else from it:
 * subject, extensions and attributes are ignored. Refusals: `too_large`, `malformed` with a plain
 * reason.
 */
export async function readAgentRequest(csrPem: string): Promise<Result<Key>> {
  if (csrPem.length > CSR_BYTES_MAX) return refuse('too_large', { csr: csrPem.length })
  const request = parse(csrPem)
  if (request === undefined) {
    return unfit('Send one PEM block of a PKCS #10 certificate request.')
  }
  const named = curveOf(request)
  if (named !== 'P-256') {
    return unfit(`The key of a TLS certificate has to be ECDSA P-256; this one is ${named}.`)
  }
  const hash = request.signatureAlgorithm as { hash?: { name?: string } }
  if (!HASHES.includes(hash.hash?.name ?? '')) {
    return unfit('Sign the certificate request with ECDSA and SHA-256.')
  }
  const possession = await request.verify().catch(() => false)
  if (!possession) return unfit('The request is not signed by the key it names.')
  return importP256(request)
}

/** The key of a request as its holder is known by: a name for it, and what it signed. */
export interface RequestKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly thumbprint: KeyThumbprint
  /** Whether this base64url signature (ECDSA P-256, SHA-256, r‖s) over the text is of this key. */
  signed(text: string, signature: string): Promise<boolean>
}

/** The key of a request, once possession is proven. Refusals: those of `readAgentRequest`. */
export async function readRequestKey(csrPem: string): Promise<Result<RequestKey>> {
  const key = await readAgentRequest(csrPem)
  if (!key.ok) return key
  return accept({
    thumbprint: await keyThumbprintOf(key.value),
    signed: async (text, signature) => {
      const bytes = Buffer.from(signature, 'base64url')
      if (bytes.length !== SIGNATURE_BYTES || bytes.toString('base64url') !== signature)
        return false
      return webcrypto.subtle.verify(P256, key.value, bytes, Buffer.from(text, 'utf8'))
    },
  })
}

/** RFC 7638 thumbprint of a P-256 key, whatever certificate or request it comes in. */
export async function keyThumbprintOf(key: Key): Promise<KeyThumbprint> {
  const { crv, kty, x, y } = await webcrypto.subtle.exportKey('jwk', key)
  const text = JSON.stringify({ crv, kty, x, y })
  const thumbprint = parseKeyThumbprint(createHash('sha256').update(text).digest('base64url'))
  if (thumbprint === undefined) throw new Error('a SHA-256 digest is a thumbprint')
  return thumbprint
}

/** Signs a text with the key of a request, as `RequestKey.signed` verifies it. */
export function signWithKey(privateKeyPem: string, text: string): string {
  const key = createPrivateKey(privateKeyPem)
  return sign('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  )
}

/** Only the point goes into a certificate, never the encoding that came with it. */
async function importP256(request: Pkcs10CertificateRequest): Promise<Result<Key>> {
  const point = await request.publicKey
    .export(P256, ['verify'])
    .then((key) => webcrypto.subtle.exportKey('raw', key))
    .then(
      (raw) => new Uint8Array(raw),
      () => undefined,
    )
  if (point === undefined || point.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) {
    return unfit('The key is not a point of the P-256 curve.')
  }
  return accept(await webcrypto.subtle.importKey('raw', point, P256, true, ['verify']))
}

function parse(csrPem: string): Pkcs10CertificateRequest | undefined {
  try {
    const blocks = PemConverter.decodeWithHeaders(csrPem)
    const [block] = blocks
    if (block === undefined || blocks.length !== 1) return undefined
    if (!/^(NEW )?CERTIFICATE REQUEST$/.test(block.type)) return undefined
    return new Pkcs10CertificateRequest(block.rawData)
  } catch {
    return undefined
  }
}

/** The curve, or the kind of key when it is not on one. */
function curveOf(request: Pkcs10CertificateRequest): string {
  const algorithm = request.publicKey.algorithm as { name?: string; namedCurve?: string }
  return algorithm.namedCurve ?? algorithm.name ?? 'unknown'
}

function unfit(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '/csr', code: 'malformed', detail }])
}
