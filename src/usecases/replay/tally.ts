import type { AuditPosition } from '../../domain/audit.ts'
import type { AgentUri, LeaseId } from '../../domain/ids.ts'
import { POLICY_REPLAY_EXAMPLES_MAX, RECORDED_CHARACTERS_MAX } from '../../domain/limits.ts'
import type { PolicyEffect } from '../../domain/policy.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Problem } from '../../policy/rule.ts'
import type { NewestRecord } from '../audit/newest-first.ts'
import type { Seen } from '../watch/seen.ts'
import type { Unjudged } from './known-then.ts'

/** The decisions that policies are asked about. */
export const REPLAYED = [
  'lease.opened',
  'lease.renewed',
  'delegation.created',
  'delegation.redeemed',
  'token.minted',
  'token.redeemed',
] as const

/** One of REPLAYED. */
export type ReplayedEvent = (typeof REPLAYED)[number]

/** What was said, or would be, and by which rules; null where no policy was asked. */
export interface Said {
  readonly effect: PolicyEffect
  readonly policy: string | null
}

/** A decision that would be another. */
export interface ChangedDecision {
  readonly record: AuditPosition
  readonly at: EpochSeconds
  readonly event: ReplayedEvent
  readonly agent: AgentUri
  readonly lease: LeaseId | null
  /** Method and target of a call, or the grants as they were asked for; may be cut off. */
  readonly asked: string
  readonly before: Said
  readonly after: Said
}

/** What a candidate set would change of what was decided lately. */
export interface Replay {
  /** Undefined: the candidate is no set, and nothing was held against it. */
  readonly version: string | undefined
  readonly problems: readonly Problem[]
  /** Records that were read. */
  readonly records: number
  /** Of the last one that was read; undefined when there was none. */
  readonly since: EpochSeconds | undefined
  /** Decisions among them that policies are asked about. */
  readonly decisions: number
  readonly unchanged: number
  readonly changes: readonly {
    readonly event: ReplayedEvent
    readonly before: PolicyEffect
    readonly after: PolicyEffect
    readonly count: number
  }[]
  /** The newest that would change, at most POLICY_REPLAY_EXAMPLES_MAX. */
  readonly examples: readonly ChangedDecision[]
  readonly unjudged: readonly {
    readonly event: ReplayedEvent
    readonly why: Unjudged
    readonly count: number
  }[]
}

/** Counts as the records are gone through. */
export class Tally {
  readonly #version: string | undefined
  #records = 0
  #since: EpochSeconds | undefined
  #decisions = 0
  #unchanged = 0
  readonly #changes = new Map<string, Replay['changes'][number]>()
  readonly #unjudged = new Map<string, Replay['unjudged'][number]>()
  readonly #examples: ChangedDecision[] = []

  constructor(version: string | undefined) {
    this.#version = version
  }

  read({ seen }: NewestRecord): void {
    this.#records += 1
    if (seen !== undefined) this.#since = seen.time as EpochSeconds
  }

  count({ row }: NewestRecord, seen: Seen, before: Said, after: Said | Unjudged): void {
    const event = seen.event as ReplayedEvent
    this.#decisions += 1
    if (typeof after === 'string') {
      const key = `${event} ${after}`
      const count = (this.#unjudged.get(key)?.count ?? 0) + 1
      this.#unjudged.set(key, { event, why: after, count })
      return
    }
    if (before.effect === after.effect) {
      this.#unchanged += 1
      return
    }
    const key = `${event} ${before.effect} ${after.effect}`
    const count = (this.#changes.get(key)?.count ?? 0) + 1
    this.#changes.set(key, { event, before: before.effect, after: after.effect, count })
    if (this.#examples.length >= POLICY_REPLAY_EXAMPLES_MAX || seen.agent === undefined) return
    const { chain, sequence } = row
    const { agent, lease } = seen
    const at = seen.time as EpochSeconds
    const record = { chain, sequence }
    this.#examples.push({ record, at, event, agent, lease, asked: askedText(seen), before, after })
  }

  told(): Replay {
    return {
      version: this.#version,
      problems: [],
      records: this.#records,
      since: this.#since,
      decisions: this.#decisions,
      unchanged: this.#unchanged,
      changes: [...this.#changes.values()],
      examples: this.#examples,
      unjudged: [...this.#unjudged.values()],
    }
  }
}

function askedText(seen: Seen): string {
  const { method, server, target, tool, asked } = seen.facts
  const call = `${method ?? server ?? ''} ${target ?? tool ?? ''}`
  const told = seen.event === 'token.redeemed' ? call : asked
  return String(told ?? '').slice(0, RECORDED_CHARACTERS_MAX)
}
