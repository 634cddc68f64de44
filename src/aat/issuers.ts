import { type AgentUri, type PrincipalId, parseAgentUri, parsePrincipalId } from '../domain/ids.ts'
import { AAT_ISSUER_KEYS_MAX, AAT_ISSUERS_MAX } from '../domain/limits.ts'
import { parseRoot } from '../domain/scope/complete.ts'
import { SCOPE_TYPE, type Scope } from '../domain/scope/types.ts'
import type { AatAnchor } from '../token/aat-chain.ts'
import { type AatKey, readAatKey } from '../token/aat-key.ts'
import { asTables, type Fields, isTable, readEntries, type TomlFile } from '../toml.ts'
import type { AatTrust, TrustedAatIssuer } from './trust.ts'

/** The issuers of a file, or the sentence that says what is wrong and where. */
export type ReadAatIssuers =
  | { readonly ok: true; readonly trust: AatTrust }
  | { readonly ok: false; readonly problem: string }

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const ISSUER = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,1000}$/
const KEYS: readonly string[] = [
  'name',
  'issuer',
  'owner',
  'keys',
  'require_proof_audience',
  'require_chain_audience',
  'ceiling',
]
const CEILING_KEYS: readonly string[] = ['grants', 'audiences', 'limits']

/**
 * Reads whose chains are accepted, and for what, from TOML: any number of
 *
 * ```toml
 * [[issuer]]
 * name = "partner"
 * issuer = "https://auth.partner.example"   # iss of its roots
 * owner = "alice"                           # who answers for what its chains do here
 * keys = [{ kty = "OKP", crv = "Ed25519", x = "…" }]
 * require_proof_audience = true
 * require_chain_audience = false
 *
 * [issuer.ceiling]
 * audiences = ["https://tools.example"]
 * limits = { ttl_seconds = 3600, max_uses = 1000, max_depth = 3, max_children = 20 }
 * [[issuer.ceiling.grants]]
 * type = "tool"
 * server = "https://tools.example"
 * tool = "read_file"
 * arguments = { path = { constraint_type = "wildcard" } }
 * ```
 *
 * Strict: an unknown key, an issuer, a name or a key used twice, a weak key, or a ceiling without
 * audiences or of other than tools is refused with the file and the reason. Touches no disk.
 */
export function readAatIssuers(file: TomlFile, trustDomain: string): ReadAatIssuers {
  const refused = (problem: string): ReadAatIssuers => ({ ok: false, problem })
  const listed = readEntries(file, 'issuer')
  if (!listed.ok) return listed
  if (listed.entries.length > AAT_ISSUERS_MAX) {
    return refused(`${file.name}: at most ${AAT_ISSUERS_MAX} issuers.`)
  }
  const issuers = new Map<string, TrustedAatIssuer>()
  const anchors: AatAnchor[] = []
  for (const [index, entry] of listed.entries.entries()) {
    const place = `${file.name}: issuer ${index + 1}`
    const read = isTable(entry) ? readIssuer(entry, trustDomain) : asTables('issuer')
    if (typeof read === 'string') return refused(`${place}: ${read}`)
    const { issuer, uri } = read.trusted
    const twice = [...issuers.values()].some((known) => known.uri === uri) || issuers.has(issuer)
    if (twice) return refused(`${place}: its name or issuer stands twice.`)
    const known = new Set(anchors.map(({ key }) => key.thumbprint))
    if (read.keys.some((key) => known.has(key.thumbprint))) {
      return refused(`${place}: a key belongs to one issuer alone.`)
    }
    issuers.set(issuer, read.trusted)
    anchors.push(...read.keys.map((key) => ({ issuer, key })))
  }
  return { ok: true, trust: { anchors, issuers } }
}

interface ReadIssuer {
  readonly trusted: TrustedAatIssuer
  readonly keys: readonly AatKey[]
}

function readIssuer(fields: Fields, trustDomain: string): ReadIssuer | string {
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `there is no key ${unknown}.`
  const { name, issuer, owner: ownerName } = fields
  if (typeof name !== 'string' || !NAME.test(name)) {
    return 'name has to be 1 to 64 lowercase letters, digits and inner hyphens.'
  }
  if (typeof issuer !== 'string' || !ISSUER.test(issuer)) {
    return 'issuer has to be the URI that stands in iss.'
  }
  const owner = typeof ownerName === 'string' ? parsePrincipalId(ownerName) : undefined
  if (owner === undefined) return 'owner has to be the name of who answers for its chains.'
  const keys = readKeys(fields['keys'])
  if (typeof keys === 'string') return keys
  const { require_proof_audience: proof = true, require_chain_audience: chain = false } = fields
  if (typeof proof !== 'boolean' || typeof chain !== 'boolean') {
    return 'require_proof_audience and require_chain_audience are true or false.'
  }
  // Enrollment names agents below /agent/, so that none of them can ever be called this.
  const uri = parseAgentUri(`spiffe://${trustDomain}/issuer/${name}`)
  if (uri === undefined) return 'name does not make an id.'
  const ceiling = readCeiling(fields['ceiling'], uri)
  if (typeof ceiling === 'string') return `ceiling: ${ceiling}`
  const demands = { proofAudience: proof, chainAudience: chain }
  return { trusted: { name, issuer, uri, owner: owner as PrincipalId, ceiling, demands }, keys }
}

function readKeys(value: unknown): readonly AatKey[] | string {
  const sentence = `keys has to be a list of 1 to ${AAT_ISSUER_KEYS_MAX} public JWKs.`
  if (!Array.isArray(value) || value.length === 0 || value.length > AAT_ISSUER_KEYS_MAX) {
    return sentence
  }
  const keys: AatKey[] = []
  for (const [index, jwk] of value.entries()) {
    const key = readAatKey(jwk)
    if (key === undefined) {
      return `key ${index + 1} is not a sound public key: Ed25519, or EC on P-256.`
    }
    if (keys.some(({ thumbprint }) => thumbprint === key.thumbprint)) return 'a key stands twice.'
    keys.push(key)
  }
  return keys
}

/**
 * A ceiling says what, where and how much. What would have to be shown by more than a proof of the
 * holder's key (a person's yes, evidence, a certificate) no chain can show, so it has no place in
 * it; and whom links go to is the holders' own matter, within `max_depth` and `max_children`.
 */
function readCeiling(value: unknown, uri: AgentUri): Scope | string {
  if (!isTable(value)) return 'write what its chains may do at most.'
  const unknown = Object.keys(value).find((key) => !CEILING_KEYS.includes(key))
  if (unknown !== undefined) return `there is no key ${unknown} in it.`
  const read = parseRoot({ type: SCOPE_TYPE, ...value })
  if (!read.ok) return `${read.pointer} ${read.detail}.`
  const scope = read.value
  if (scope.audiences.length === 0) return 'name the audiences its chains may be shown at.'
  if (scope.grants.some(({ type }) => type !== 'tool')) return 'chains are about tools alone.'
  const allowed = scope.limits.max_depth > 0
  return { ...scope, delegation: { allowed, delegates: allowed ? [uri] : [] } }
}
