import { AAT_DEPTH_MAX, AAT_IAT_SKEW_SECONDS, AAT_LIFETIME_SECONDS_MAX } from '../limits.ts'
import { accept, type Result } from '../result.ts'
import type { EpochSeconds } from '../time.ts'
import { type AatLink, type AatTools, deny } from './link.ts'
import { stepWidened } from './tools.ts'

/** What is known of a parent beside its claims. */
export interface AatParent {
  readonly link: AatLink
  /** Thumbprint URI of the key that may derive from it. */
  readonly holderUri: string
  /** base64url(SHA-256) of what was signed. */
  readonly digest: string
}

const NO_TOOLS: AatTools = new Map()

/**
 * The root of a chain (AAT §8 step 3, from c on) by its claims, whose signature held under a key of
 * `issuer`. Refusals: `depth_invalid`, `malformed`, `expired`, `not_yet_valid`, `issuer_mismatch`.
 */
export function requireRoot(link: AatLink, issuer: string, now: EpochSeconds): Result<void> {
  if (link.depth !== 0) return deny('depth_invalid', '3c')
  if (link.parentHash !== undefined) return deny('malformed', '3d')
  if (link.expiresAt <= now) return deny('expired', '3e')
  if (isAhead(link, now)) return deny('not_yet_valid', '3f')
  if (link.expiresAt <= link.issuedAt) return deny('malformed', '3g')
  if (livesTooLong(link)) return deny('malformed', '3h')
  if (link.maxDepth > AAT_DEPTH_MAX) return deny('depth_invalid', '3i')
  if (link.issuer !== issuer) return deny('issuer_mismatch', '3k')
  return link.tools === undefined ? deny('malformed', '3m') : accept(undefined)
}

/**
 * One derivation (AAT §8 step 4, from c on; I1 to I5 there): signed by the holder of the parent,
 * one deeper, no longer, no wider, and derived from this very parent. Refusals: `issuer_mismatch`,
 * `depth_invalid`, `not_narrower`, `expired`, `not_yet_valid`, `malformed`.
 */
export function requireDerived(
  child: AatLink,
  { link: parent, holderUri, digest }: AatParent,
  now: EpochSeconds,
): Result<void> {
  if (child.issuer !== holderUri) return deny('issuer_mismatch', '4c')
  if (child.depth !== parent.depth + 1) return deny('depth_invalid', '4d')
  if (child.depth > parent.maxDepth) return deny('depth_invalid', '4e')
  if (child.depth > AAT_DEPTH_MAX) return deny('depth_invalid', '4f')
  if (child.maxDepth > parent.maxDepth) return deny('depth_invalid', '4g')
  if (child.expiresAt > parent.expiresAt) return deny('not_narrower', '4h')
  if (child.expiresAt <= now) return deny('expired', '4i')
  if (child.issuedAt < parent.issuedAt) return deny('not_narrower', '4j')
  if (isAhead(child, now)) return deny('not_yet_valid', '4k')
  if (child.expiresAt <= child.issuedAt) return deny('malformed', '4l')
  if (child.depth > child.maxDepth) return deny('depth_invalid', '4m')
  const widened = stepWidened(child.tools ?? NO_TOOLS, parent.tools ?? NO_TOOLS)
  if (widened !== undefined) return deny('not_narrower', widened)
  return child.parentHash === digest ? accept(undefined) : deny('issuer_mismatch', '4q')
}

function isAhead(link: AatLink, now: EpochSeconds): boolean {
  return link.issuedAt > now + AAT_IAT_SKEW_SECONDS
}

function livesTooLong(link: AatLink): boolean {
  return link.expiresAt - link.issuedAt > AAT_LIFETIME_SECONDS_MAX
}
