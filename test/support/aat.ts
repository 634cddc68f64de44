import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { readAatIssuers } from '../../src/aat/issuers.ts'
import type { AatTrust } from '../../src/aat/trust.ts'
import { canonicalJson } from '../../src/domain/json.ts'
import type { Json } from '../../src/domain/scope/types.ts'
import type { AatAnchor } from '../../src/token/aat-chain.ts'
import { type AatKey, readAatKey } from '../../src/token/aat-key.ts'
import { TRUST_DOMAIN } from './pki.ts'

/** Somebody with a key: an issuer of roots, or a holder. Signs with Node's crypto, not with ours. */
export interface Signer {
  readonly alg: 'Ed25519' | 'ES256'
  readonly privateKey: KeyObject
  readonly jwk: { readonly [member: string]: string }
  readonly thumbprint: string
}

/** A payload or header as a test writes it. */
export type Written = Readonly<Record<string, unknown>>

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 key whose seed is one byte over and over. */
export function signerOf(byte: number): Signer {
  const der = Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, byte)])
  return signerWith(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), 'Ed25519')
}

/** A signer from any private key. */
export function signerWith(privateKey: KeyObject, alg: Signer['alg']): Signer {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' })
  const members = { crv, kty, x, ...(alg === 'ES256' ? { y } : {}) } as Record<string, string>
  const thumbprint = createHash('sha256').update(JSON.stringify(members)).digest('base64url')
  return { alg, privateKey, jwk: members, thumbprint }
}

/** Seeds of our own: an issuer, three holders, and somebody who is neither. */
export const ISSUER = signerOf(0x21)
export const ANNA = signerOf(0x22)
export const BERT = signerOf(0x23)
export const CARL = signerOf(0x24)
export const THIEF = signerOf(0x25)

export const ISSUER_URI = 'https://auth.partner.example'
export const TOOLS_URI = 'https://tools.example.com'
/** When the vectors happen. */
export const VECTOR_NOW = 1_900_000_500

/** Signs a header and a payload as they are, objects as canonical JSON. */
export function signed(signer: Signer, header: Written | string, payload: Written | string) {
  const text = (part: Written | string) =>
    typeof part === 'string' ? part : canonicalJson(part as Json)
  const input = [header, payload].map((part) => Buffer.from(text(part)).toString('base64url'))
  return signedInput(signer, input.join('.'))
}

/** Signs two encoded parts. */
export function signedInput({ alg, privateKey: key }: Signer, input: string): string {
  const options = alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : key
  const bytes = sign(alg === 'ES256' ? 'sha256' : null, Buffer.from(input), options)
  return `${input}.${bytes.toString('base64url')}`
}

/** base64url(SHA-256) of the first two parts of a token. */
export function hashOf(token: string): string {
  const input = token.slice(0, token.lastIndexOf('.'))
  return createHash('sha256').update(input).digest('base64url')
}

/** The name of a key as an issuer. */
export function uriOf({ thumbprint }: Signer): string {
  return `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${thumbprint}`
}

/** One entry of the type that counts. */
export function detailsOf(tools: unknown): Written[] {
  return [{ type: 'attenuating_agent_token', tools }]
}

let serial = 0
/** An id that stands nowhere else. */
export function freshId(): string {
  serial += 1
  return `0199aaaa-0000-7000-8000-${serial.toString(16).padStart(12, '0')}`
}

/** What a test says of a link; `claims` overrides whatever would be right, undefined removes. */
export interface LinkOrder {
  readonly to?: Signer
  readonly by?: Signer
  readonly tools?: unknown
  readonly claims?: Written
  readonly header?: Written
}

/** A chain under construction: tokens root first, and who holds the last. */
export interface Built {
  readonly chain: readonly string[]
  readonly holder: Signer
  /** Claims of the last link, as written. */
  readonly claims: Written
}

/** A root of the issuer to Anna. */
export function root(order: LinkOrder = {}, now = VECTOR_NOW): Built {
  const { to = ANNA, by = ISSUER, tools = { read_file: {} } } = order
  const claims = without({
    jti: freshId(),
    iss: ISSUER_URI,
    iat: now - 300,
    exp: now + 3300,
    del_depth: 0,
    del_max_depth: 3,
    cnf: { jwk: to.jwk },
    authorization_details: detailsOf(tools),
    ...order.claims,
  })
  const header = without({ alg: by.alg, typ: 'aat+jwt', ...order.header })
  return { chain: [signed(by, header, claims)], holder: to, claims }
}

/** One link more, by the holder of the last to somebody else. */
export function derive(from: Built, order: LinkOrder = {}): Built {
  const { to = BERT, by = from.holder } = order
  const parent = from.chain[from.chain.length - 1] ?? ''
  const claims = without({
    ...from.claims,
    aud: undefined,
    jti: freshId(),
    iss: uriOf(from.holder),
    del_depth: Number(from.claims['del_depth']) + 1,
    cnf: { jwk: to.jwk },
    par_hash: hashOf(parent),
    ...(order.tools === undefined ? {} : { authorization_details: detailsOf(order.tools) }),
    ...order.claims,
  })
  const header = without({ alg: by.alg, typ: 'aat+jwt', ...order.header })
  return { chain: [...from.chain, signed(by, header, claims)], holder: to, claims }
}

/** What is proven: a call of one tool. */
export interface Call {
  readonly tool: string
  readonly args: Written
}

/** The proof of the last holder for a call. */
export function prove(
  built: Built,
  call: Call,
  order: LinkOrder & { readonly now?: number } = {},
): string {
  const { by = built.holder, now = VECTOR_NOW } = order
  const leaf = built.chain[built.chain.length - 1] ?? ''
  const claims = without({
    jti: freshId(),
    iat: now,
    aat_id: built.claims['jti'],
    aat_hash: hashOf(leaf),
    aat_tool: call.tool,
    aat_aud: TOOLS_URI,
    hta: call.args,
    ...order.claims,
  })
  const header = without({ alg: by.alg, typ: 'aat-pop+jwt', ...order.header })
  return signed(by, header, claims)
}

function without(members: Written): Written {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** The key of a signer as ours reads it. */
export function keyOf({ jwk }: Signer): AatKey {
  const key = readAatKey(jwk)
  if (key === undefined) throw new Error('not a key')
  return key
}

/** The issuer alone. */
export const ANCHORS: readonly AatAnchor[] = [{ issuer: ISSUER_URI, key: keyOf(ISSUER) }]

/** A file of one issuer with a ceiling; `extra` stands before the ceiling. */
export function issuersFile(extra = '', limits = 'ttl_seconds = 7200, max_depth = 3'): string {
  const { kty, crv, x } = ISSUER.jwk
  return `[[issuer]]
name = "partner"
issuer = "${ISSUER_URI}"
owner = "owner"
keys = [{ kty = "${kty}", crv = "${crv}", x = "${x}" }]
${extra}
[issuer.ceiling]
audiences = ["${TOOLS_URI}"]
limits = { ${limits} }
[[issuer.ceiling.grants]]
type = "tool"
server = "${TOOLS_URI}"
tool = "read_file"
arguments = { path = { constraint_type = "wildcard" }, lines = { constraint_type = "range", max = 500, optional = true } }
[[issuer.ceiling.grants]]
type = "tool"
server = "${TOOLS_URI}"
tool = "search"
arguments = { "*" = { constraint_type = "wildcard" } }
`
}

/** Trust in that issuer. */
export function trustOf(text = issuersFile()): AatTrust {
  const read = readAatIssuers({ name: 'aat.toml', text }, TRUST_DOMAIN)
  if (!read.ok) throw new Error(read.problem)
  return read.trust
}
