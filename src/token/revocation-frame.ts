import type { FeedChange, FeedFrame } from '../domain/feed.ts'
import { parseTenantId, type TenantId } from '../domain/ids.ts'
import { FEED_FRAME_BYTES_MAX, REVOCATION_CHANGES_MAX, SCOPE_STRING_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { parseRevocationSubject } from '../domain/revocation.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { malformed, readCompact, verifySignature } from './jws.ts'
import type { KeySource, SigningKey } from './key.ts'
import { faultFinder, integer, list, object, oneOf, parsedBy, text } from './shape.ts'
import { signCompact } from './sign.ts'
import { isGenuineByNode } from './signature-node.ts'
import { readWrittenJson } from './strict-json.ts'

interface WireFrame {
  readonly iss: string
  readonly tenant: TenantId
  readonly at: EpochSeconds
  readonly kind: 'changes' | 'snapshot'
  readonly after: number
  readonly head: number
  readonly part?: number
  readonly parts?: number
  readonly changes: readonly FeedChange[]
}

const TYP = 'writ-revocations+jwt'
const isChange = object({
  required: {
    seq: integer(1),
    subject: parsedBy(parseRevocationSubject),
    effect: oneOf(['revoked', 'suspended', 'lifted', 'released', 'contract_moved']),
    at: integer(),
  },
})
const COMMON = {
  iss: text(SCOPE_STRING_MAX),
  tenant: parsedBy(parseTenantId),
  at: integer(),
  after: integer(),
  head: integer(),
  changes: list(isChange, 0, REVOCATION_CHANGES_MAX),
}
const findFaultOfChanges = faultFinder({ required: { kind: oneOf(['changes']), ...COMMON } })
const findFaultOfSnapshot = faultFinder({
  required: { kind: oneOf(['snapshot']), ...COMMON, part: integer(1), parts: integer(1) },
})

/**
 * Signs a frame with a key for the feed (typ `writ-revocations+jwt`). Throws when it is not of its
 * shape, or larger than FEED_FRAME_BYTES_MAX, which is a bug of the caller.
 */
export async function signRevocationFrame(key: SigningKey, frame: FeedFrame): Promise<string> {
  const payload = toWire(frame)
  const fault = faultOf(payload)
  if (fault !== undefined) throw new Error(`This makes no frame of the feed: ${fault}.`)
  const signed = await signCompact(key, { purpose: 'feed', typ: TYP, payload })
  if (signed.length > FEED_FRAME_BYTES_MAX) throw new Error('This frame of the feed is too large.')
  return signed
}

/**
 * Reads a frame, strictly. Refusals: `too_large`, `malformed`, `token_kind`, `signature_invalid`,
 * `issuer_mismatch`. Give keys in force, never an archive: a frame of a retired key says nothing of
 * now. Does not know where a reader stands; see src/gateway/feed.
 */
export async function verifyRevocationFrame(
  text: string,
  expected: { readonly keys: KeySource; readonly issuer: string },
): Promise<Result<FeedFrame>> {
  const jws = readCompact(text, { typ: TYP, bytesMax: FEED_FRAME_BYTES_MAX })
  if (!jws.ok) return jws
  const payload = readWrittenJson(jws.value.payload)
  const fault = faultOf(payload)
  if (fault !== undefined) return malformed(fault, 'Missing, unknown or not of its shape.')
  const signed = await verifySignature(jws.value, expected.keys, 'feed', isGenuineByNode)
  if (!signed.ok) return signed
  const frame = fromWire(payload as WireFrame)
  if (frame.issuer === expected.issuer) return accept(frame)
  return refuse('issuer_mismatch', { issuer: frame.issuer })
}

function toWire(frame: FeedFrame): WireFrame {
  const { issuer: iss, tenant, at, kind, head } = frame
  const changes = frame.changes.map(({ seq, subject, effect, at: moment }) => {
    return { seq, subject, effect, at: moment }
  })
  if (kind === 'changes') return { iss, tenant, at, kind, after: frame.after, head, changes }
  return { iss, tenant, at, kind, after: 0, head, part: frame.part, parts: frame.parts, changes }
}

function fromWire(wire: WireFrame): FeedFrame {
  const { iss: issuer, tenant, at, kind, after, head, part = 1, parts = 1, changes } = wire
  const common = { issuer, tenant, at, head, changes }
  if (kind === 'changes') return { kind, after, ...common }
  return { kind, part, parts, ...common }
}

/** The pointer of the first member that is wrong by itself or beside the others. */
function faultOf(value: unknown): string | undefined {
  const kind = (value as Partial<WireFrame> | null | undefined)?.kind
  const fault = kind === 'snapshot' ? findFaultOfSnapshot(value) : findFaultOfChanges(value)
  if (fault !== undefined) return fault
  const { after, head, part = 1, parts = 1, changes } = value as WireFrame
  if (after > head || (kind === 'snapshot' && after !== 0)) return '/after'
  if (part > parts) return '/part'
  return changes.every((change, at) => fits(change, at)) ? undefined : '/changes'

  /** A snapshot is in no order; what changed is in the order of its numbers. */
  function fits({ seq }: FeedChange, at: number): boolean {
    const before = kind === 'changes' ? (changes[at - 1]?.seq ?? after) : 0
    return seq > before && seq <= head
  }
}
