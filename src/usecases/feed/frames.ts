import type { FeedFrame } from '../../domain/feed.ts'
import type { TenantId } from '../../domain/ids.ts'
import { REVOCATION_CHANGES_MAX } from '../../domain/limits.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import { type EpochSeconds, epochSeconds } from '../../domain/time.ts'

/** What all frames of one pass have in common. */
export interface FrameSetting {
  readonly issuer: string
  readonly at: EpochSeconds
  readonly head: number
}

/** Says nothing of now: what more there is to tell comes in the next frame. */
const LONG_AGO = epochSeconds(0)

/**
 * The frames that lead from `after` to the head, one at least: a heartbeat when nothing changed.
 * Only the last one speaks of `at`, since those before it are known to leave something out.
 */
export function changesFrames(
  setting: FrameSetting,
  tenant: TenantId,
  after: number,
  changes: readonly RevocationChange[],
): readonly FeedFrame[] {
  const told = changes.filter((change) => change.tenant === tenant)
  const parts = partsOf(told)
  let reached = after
  return parts.map((part, index) => {
    const last = index === parts.length - 1
    const head = last ? setting.head : (part[part.length - 1]?.seq ?? reached)
    const at = last ? setting.at : LONG_AGO
    const frame = { ...setting, kind: 'changes', tenant, after: reached, head, at } as const
    reached = head
    return { ...frame, changes: part }
  })
}

/** The frames of one snapshot. */
export function snapshotFrames(
  setting: FrameSetting,
  tenant: TenantId,
  changes: readonly RevocationChange[],
): readonly FeedFrame[] {
  const parts = partsOf(changes)
  return parts.map((part, index) => ({
    ...setting,
    kind: 'snapshot',
    tenant,
    part: index + 1,
    parts: parts.length,
    changes: part,
  }))
}

/**
 * A signed frame as an event (WHATWG HTML, server-sent events). Only what brings a reader to a head
 * has an id, so that nobody resumes behind half a snapshot.
 */
export function eventOf(frame: FeedFrame, jws: string): Uint8Array {
  const whole = frame.kind === 'changes' || frame.part === frame.parts
  const id = whole ? `id: ${frame.head}\n` : ''
  return new TextEncoder().encode(`${id}data: ${jws}\n\n`)
}

function partsOf(changes: readonly RevocationChange[]): readonly (readonly RevocationChange[])[] {
  const parts: (readonly RevocationChange[])[] = []
  for (let from = 0; from < changes.length || from === 0; from += REVOCATION_CHANGES_MAX) {
    parts.push(changes.slice(from, from + REVOCATION_CHANGES_MAX))
  }
  return parts
}
