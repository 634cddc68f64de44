import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AlertToRaise } from '../../domain/alert.ts'
import {
  type AnomalyAction,
  type AnomalyRule,
  type Finding,
  kindOf,
  quarantineReason,
} from '../../domain/anomaly.ts'
import type { AuditPosition } from '../../domain/audit.ts'
import type { TenantId } from '../../domain/ids.ts'
import { WATCH_ROUNDS_MAX, WATCH_ROWS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import type { AuditRow, Transaction } from '../../store/ports.ts'
import { suspendForBreach } from '../agents/suspend-for-breach.ts'
import { Rounds } from '../rounds.ts'
import type { World } from '../world.ts'
import { createRules } from './rules.ts'
import { type Seen, seenOf } from './seen.ts'

/** Said to the owner of an agent that is suspended (LEASH-21). */
const BREACH_OF_RATE = 'it went over the rate of its contract'

/** What a watcher works with, and whom it tells. */
export interface WatcherParts {
  readonly world: World
  /** What follows from each rule. */
  readonly actions: Readonly<Record<AnomalyRule, AnomalyAction>>
  /** Hears how many seconds behind the trail is read; not in processes that do not watch. */
  readonly lag: (seconds: number) => void
  readonly failed: (fault: unknown) => void
}

/**
 * Follows the audit trail of all processes and tells of anomalies. Of all processes one watches at
 * a time; another goes on where it stopped, with what the rules remember made anew. A finding, what
 * follows from it and how far the trail was read are one decision with one record (I10): nothing is
 * found twice, and a watcher that lost its duty without knowing writes nothing.
 */
export class Watcher {
  readonly #parts: WatcherParts
  readonly #holder = randomBytes(16).toString('base64url')
  readonly #rounds: Rounds
  #judge: ReturnType<typeof createRules> | undefined

  constructor(parts: WatcherParts) {
    this.#parts = parts
    this.#rounds = new Rounds(() => this.#look(), parts.failed)
  }

  /** Reads on; to be asked every WATCH_LOOK_MS. Never throws. */
  look(): Promise<void> {
    return this.#rounds.run()
  }

  /** Whether of all processes it is this one that watches, as far as it knows. */
  get onDuty(): boolean {
    return this.#judge !== undefined
  }

  /** Reads no further, and leaves the duty to others at once. */
  async close(): Promise<void> {
    await this.#rounds.close()
    const { world, failed } = this.#parts
    if (this.#judge !== undefined) await world.store.watch.leave(this.#holder).catch(failed)
    this.#judge = undefined
  }

  async #look(): Promise<void> {
    const { world, actions, lag } = this.#parts
    const { store } = world
    if (!(await store.watch.take(this.#holder))) {
      this.#judge = undefined
      return
    }
    this.#judge ??= createRules((rule) => actions[rule] !== 'off')
    for (let round = 0; round < WATCH_ROUNDS_MAX && !this.#rounds.closed; round += 1) {
      const rows = await store.read((reads) => reads.unwatched(WATCH_ROWS_MAX))
      const last = rows.at(-1)
      if (last === undefined) return lag(0)
      if (!(await this.#follow(rows, this.#judge))) return
      if (rows.length < WATCH_ROWS_MAX) return lag(0)
      lag(Math.max(0, store.now() - (seenOf(last)?.time ?? store.now())))
      await nextTurn()
    }
  }

  /** False when the duty is somebody else's by now. */
  async #follow(
    rows: readonly AuditRow[],
    judge: ReturnType<typeof createRules>,
  ): Promise<boolean> {
    const read = new Map<string, number>()
    for (const row of rows) {
      const seen = seenOf(row)
      read.set(row.chain, row.sequence)
      for (const finding of seen === undefined ? [] : judge(seen)) {
        if (seen === undefined || (await this.#isExplained(finding, seen))) continue
        if (!(await this.#record(finding, seen, positionsOf(read)))) return false
        read.clear()
      }
    }
    if (read.size === 0) return true
    const held = await this.#parts.world.store.watch.advance(this.#holder, positionsOf(read))
    if (!held) this.#judge = undefined
    return held
  }

  /** After a restart the renewal that announced a certificate may have been read by another. */
  async #isExplained(finding: Finding, seen: Seen): Promise<boolean> {
    if (finding.rule !== 'new_certificate') return false
    const { store } = this.#parts.world
    const agent = await store.read((reads) => reads.agent(tenantOf(seen), finding.agent))
    return agent !== undefined && agent.certificate === finding.facts['certificate']
  }

  async #record(finding: Finding, seen: Seen, read: readonly AuditPosition[]): Promise<boolean> {
    const { world, actions } = this.#parts
    const { rule, lease, subject, facts } = finding
    const action = actions[rule]
    const tenant = tenantOf(seen)
    const isBreach = rule === 'rate_exceeded' && action === 'quarantine'
    if (isBreach) {
      const breach = { tenant, agent: finding.agent, reason: BREACH_OF_RATE, lease, facts }
      await suspendForBreach(world, breach)
    }
    const { result } = await world.store.decide<void>(async (tx) => {
      const held = await tx.advanceWatch(this.#holder, read)
      if (held && !isBreach) await actOn(tx, { ...finding, tenant, action })
      const done = held ? accept(undefined) : refuse('conflict', { duty: 'lost' })
      const record = {
        event: 'anomaly.found',
        outcome: held ? 'allowed' : 'conflict',
        tenant,
        actor: 'authority',
        request: world.ids.request(),
        lease,
        facts: { ...facts, rule, action, subject, agent: finding.agent },
      } as const
      return { result: done, record }
    })
    if (!result.ok) this.#judge = undefined
    return result.ok
  }
}

/** Raises the alert, and suspends when that was asked for; what is revoked stays revoked. */
async function actOn(
  tx: Transaction,
  found: Finding & { readonly tenant: TenantId; readonly action: AnomalyAction },
): Promise<void> {
  const { rule, severity, tenant, subject, lease, agent, action } = found
  const quarantined = action === 'quarantine'
  if (quarantined) {
    const reason = quarantineReason(rule)
    await tx.recordRevocation(tenant, { subject, effect: 'suspended', reason, at: tx.now })
  }
  const facts = { ...found.facts, agent, quarantined }
  const alert: AlertToRaise = { tenant, kind: kindOf(rule), severity, subject, lease, facts }
  await tx.raiseAlert(alert)
}

function positionsOf(read: ReadonlyMap<string, number>): readonly AuditPosition[] {
  return [...read].map(([chain, sequence]) => ({ chain, sequence }))
}

function tenantOf(seen: Seen): TenantId {
  return seen.tenant as TenantId
}
