import type { AgentUri } from './ids.ts'
import type { ChangeEffect, RevocationSubject } from './revocation.ts'
import type { EpochSeconds } from './time.ts'

/** What can stand against a subject, worst first. */
export type Standing = Extract<ChangeEffect, 'revoked' | 'suspended' | 'released'>

/** What an enforcement point without a store knows of revocations. */
export interface RevocationView {
  /** The worst standing of any of the subjects; undefined when nothing is known against them. */
  effect(subjects: readonly RevocationSubject[]): Standing | undefined
  /** When the agent's contract last moved, as far as it matters to tokens still alive. */
  contractMovedAt(agent: AgentUri): EpochSeconds | undefined
  /**
   * Seconds (fractions count) for which newer changes may be unknown; Infinity before the first
   * frame, and when the feed was cut with a gap or a head that went back. Whoever decides by this
   * view refuses when it exceeds what the resource accepts.
   */
  staleness(): number
}
