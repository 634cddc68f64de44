import { requireDerived, requireRoot } from '../domain/aat/chain.ts'
import { type AatLink, type AatProof, deny } from '../domain/aat/link.ts'
import { AAT_CHAIN_BYTES_MAX, AAT_DEPTH_MAX, AAT_TOKEN_BYTES_MAX } from '../domain/limits.ts'
import type { Facts } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { readLink, readProof } from './aat-claims.ts'
import {
  type AatJws,
  claimsIn,
  digestOfSigned,
  hasAlgOf,
  isSignedBy,
  readAatJws,
} from './aat-jws.ts'
import { type AatKey, thumbprintUri } from './aat-key.ts'

/** A key that roots may be signed with, and the issuer it belongs to. */
export interface AatAnchor {
  readonly issuer: string
  readonly key: AatKey
}

/** A link that stands: signed by whom its parent names, and no wider. */
export interface VerifiedAat {
  readonly link: AatLink
  readonly holder: AatKey
  /** base64url(SHA-256) of what was signed. */
  readonly digest: string
}

/** A chain that stands; whether it covers any call is still open, and who shows it. */
export interface VerifiedAatChain {
  readonly anchor: AatAnchor
  /** Root first, at least one. */
  readonly links: readonly VerifiedAat[]
  readonly leaf: VerifiedAat
}

/**
 * Verifies a chain, root first, from its own bytes and the trust anchors alone (AAT §8 steps 1 to
 * 5). Each link is read only after its signature held, under the key its parent names, so that ids
 * that stand twice (step 2c) are found then and not before. Refusals carry `step` and `link`:
 * `malformed`, `too_large`, `token_kind`, `signature_invalid`, `issuer_mismatch`, `depth_invalid`,
 * `expired`, `not_yet_valid`, `not_narrower`.
 */
export async function verifyAatChain(
  chain: readonly string[],
  { anchors, now }: { readonly anchors: readonly AatAnchor[]; readonly now: EpochSeconds },
): Promise<Result<VerifiedAatChain>> {
  const sized = requireSizes(chain)
  if (!sized.ok) return sized
  const [first = '', ...others] = chain
  const root = await verifyRoot(first, anchors, now)
  if (!root.ok) return at(0, root)
  const { anchor, ...verified } = root.value
  const links: VerifiedAat[] = [verified]
  const seen = new Set([verified.link.jti])
  let leaf: VerifiedAat = verified
  for (const [index, text] of others.entries()) {
    const child = await verifyChild(text, leaf, now)
    if (!child.ok) return at(index + 1, child)
    const { jti } = child.value.link
    if (seen.has(jti)) return at(index + 1, deny('malformed', '2c'))
    seen.add(jti)
    leaf = child.value
    links.push(leaf)
  }
  if (links.length !== leaf.link.depth + 1) return deny('depth_invalid', '5')
  return accept({ anchor, links, leaf })
}

/**
 * Verifies that the holder of the last link signed a proof, and reads it (AAT §8 steps 7a to 7c).
 * What the proof is for is judged elsewhere. Refusals: `too_large`, `token_kind`, `malformed`,
 * `signature_invalid`, `holder_binding_failed`.
 */
export async function verifyAatProof(
  text: string,
  { holder }: Pick<VerifiedAat, 'holder'>,
): Promise<Result<AatProof>> {
  const jws = readAatJws(text, 'aat-pop+jwt', '7a')
  if (!jws.ok) return jws
  if (!hasAlgOf(jws.value, holder)) return deny('signature_invalid', '7a')
  if (!(await isSignedBy(jws.value, holder))) return deny('holder_binding_failed', '7b')
  const claims = claimsIn(jws.value)
  return claims === undefined ? deny('malformed', '7b') : readProof(claims)
}

function requireSizes(chain: readonly string[]): Result<void> {
  if (chain.length === 0) return deny('malformed', '1')
  if (chain.length > AAT_DEPTH_MAX + 1) return deny('depth_invalid', '2b')
  const longest = Math.max(...chain.map((text) => text.length))
  if (longest > AAT_TOKEN_BYTES_MAX) return deny('too_large', '2a')
  const all = chain.reduce((sum, text) => sum + text.length, 0)
  return all > AAT_CHAIN_BYTES_MAX ? deny('too_large', '2b') : accept(undefined)
}

async function verifyRoot(
  text: string,
  anchors: readonly AatAnchor[],
  now: EpochSeconds,
): Promise<Result<VerifiedAat & { readonly anchor: AatAnchor }>> {
  const jws = readAatJws(text, 'aat+jwt', '3a')
  if (!jws.ok) return jws
  const fitting = anchors.filter(({ key }) => hasAlgOf(jws.value, key))
  if (fitting.length === 0) return deny('signature_invalid', '3a')
  const anchor = await signerAmong(jws.value, fitting)
  if (anchor === undefined) return deny('signature_invalid', '3b')
  const claims = claimsIn(jws.value)
  if (claims === undefined) return deny('malformed', '3b')
  const read = readLink(claims, 'root')
  if (!read.ok) return read
  const stands = requireRoot(read.value.link, anchor.issuer, now)
  if (!stands.ok) return stands
  return accept({ ...read.value, digest: digestOfSigned(jws.value), anchor })
}

/** The key is found by trying those configured: nothing a token says chooses who is believed. */
async function signerAmong(
  jws: AatJws,
  anchors: readonly AatAnchor[],
): Promise<AatAnchor | undefined> {
  for (const anchor of anchors) {
    if (await isSignedBy(jws, anchor.key)) return anchor
  }
  return undefined
}

async function verifyChild(
  text: string,
  parent: VerifiedAat,
  now: EpochSeconds,
): Promise<Result<VerifiedAat>> {
  const jws = readAatJws(text, 'aat+jwt', '4a')
  if (!jws.ok) return jws
  if (!hasAlgOf(jws.value, parent.holder)) return deny('signature_invalid', '4a')
  if (!(await isSignedBy(jws.value, parent.holder))) return deny('signature_invalid', '4b')
  const claims = claimsIn(jws.value)
  if (claims === undefined) return deny('malformed', '4b')
  const read = readLink(claims, 'derived')
  if (!read.ok) return read
  const above = {
    link: parent.link,
    holderUri: thumbprintUri(parent.holder),
    digest: parent.digest,
  }
  const stands = requireDerived(read.value.link, above, now)
  return stands.ok ? accept({ ...read.value, digest: digestOfSigned(jws.value) }) : stands
}

/** Adds which link of the chain it was. */
function at(link: number, refused: Extract<Result<never>, { ok: false }>) {
  const facts: Facts = { ...refused.refusal.facts, link }
  return { ok: false as const, refusal: { ...refused.refusal, facts } }
}
