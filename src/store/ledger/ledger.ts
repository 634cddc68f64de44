import type { AuditEntry } from '../../domain/audit.ts'
import { rootOf } from '../../domain/lease.ts'
import {
  type LedgerOutcome,
  type LedgerSpend,
  requireWithinMemory,
  type TokenLedger,
} from '../../domain/ledger.ts'
import { LEDGER_TICK_MS } from '../../domain/limits.ts'
import { type Spend, spenderOf } from '../../domain/redemption.ts'
import { type Facts, type Refusal, refuse } from '../../domain/refusal.ts'
import type { Result } from '../../domain/result.ts'
import { exportTrail } from '../audit/export.ts'
import { trailOfStore } from '../audit/trail-of-store.ts'
import type { AuditVerdict } from '../audit/verdict.ts'
import { verifyTrail } from '../audit/verify-trail.ts'
import { StoreFault } from '../fault.ts'
import type { Decision, Transaction } from '../ports.ts'
import type { SqliteConnection } from '../sqlite/connect.ts'
import type { Readers } from '../sqlite/readers.ts'
import type { Writer } from '../sqlite/writer.ts'
import { sweepSpentTokens } from '../sweep.ts'
import { readBirth } from './identity.ts'

/** A ledger that is open; every process that opens the same file spends in the same memory. */
export interface OpenLedger extends TokenLedger {
  /** Forgets spends of tokens that are over for good; answers how many. */
  sweep(): Promise<number>
  /** Whether the chains of records hold together; without checkpoints a cut end is not seen. */
  verifyAudit(): Promise<AuditVerdict>
  /** Writes the trail as JSON Lines; `verifyExport` reads them. Answers how many. */
  exportAudit(write: (line: string) => Promise<void> | void): Promise<number>
  close(): Promise<void>
}

interface Parts {
  readonly connection: SqliteConnection
  readonly writer: Writer
  readonly readers: Readers
  readonly failed: (fault: unknown) => void
}

/** The ledger over one SQLite file: the writer, chains and readers of the embedded store. */
export class SqliteLedger implements OpenLedger {
  readonly #parts: Parts
  readonly #timer: NodeJS.Timeout
  #closing: Promise<void> | undefined

  /** Notes the time from now on; see `advanceLedgerTime`. */
  constructor(parts: Parts) {
    this.#parts = parts
    const tick = () => parts.writer.chore(async () => undefined).catch(parts.failed)
    this.#timer = setInterval(tick, LEDGER_TICK_MS).unref()
  }

  async spend(spend: LedgerSpend, judge: () => Result<void>): Promise<LedgerOutcome> {
    try {
      const decided = await this.#parts.writer.decide<void>(async (transaction) =>
        decisionOn(spend, await this.#spendIn(transaction, spend, judge)),
      )
      const { result, record, at } = decided
      return result.ok
        ? { kind: 'spent', record, at }
        : { kind: 'refused', refusal: result.refusal }
    } catch (fault) {
      return { kind: 'refused', refusal: refusalOf(fault) }
    }
  }

  async recordRefusal(spend: Spend, refusal: Refusal): Promise<void> {
    await this.#parts.writer.decide<void>(async () => decisionOn(spend, { ok: false, refusal }))
  }

  async sweep(): Promise<number> {
    for (let swept = 0; ; ) {
      const rows = await this.#parts.writer.chore(sweepSpentTokens)
      if (rows === 0) return swept
      swept += rows
    }
  }

  verifyAudit(): Promise<AuditVerdict> {
    return this.#parts.readers.read((db) => verifyTrail(trailOfStore(db, 'all'), undefined))
  }

  exportAudit(write: (line: string) => Promise<void> | void): Promise<number> {
    return this.#parts.readers.read((db) => exportTrail(db, write))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** A refusal that comes after the insert takes it back with the rest of the unit of work. */
  async #spendIn(
    transaction: Transaction,
    spend: LedgerSpend,
    judge: () => Result<void>,
  ): Promise<Result<void>> {
    const { now } = transaction
    const { tenant, jti, expiresAt } = spend
    const judged = judge()
    if (!judged.ok) return judged
    const unspent = await transaction.spendToken({
      tenant,
      jti,
      expiresAt,
      certificate: spenderOf(spend),
      at: now,
      bornLease: null,
      root: rootOf(spend.lineage),
    })
    if (!unspent.ok) return unspent
    return requireWithinMemory(spend, { bornAt: readBirth(this.#parts.connection), now })
  }

  async #close(): Promise<void> {
    const { writer, readers, connection } = this.#parts
    clearInterval(this.#timer)
    await writer.drain()
    readers.close()
    connection.close()
  }
}

/** The result with its one record (I10). */
function decisionOn(spend: Spend, result: Result<void>): Decision<void> {
  return result.ok
    ? { result, record: entryOf(spend, 'allowed', {}) }
    : { result, record: entryOf(spend, result.refusal.code, result.refusal.facts) }
}

function entryOf(spend: Spend, outcome: AuditEntry['outcome'], facts: Facts): AuditEntry {
  const { tenant, agent, request, lineage, jti } = spend
  return {
    event: 'token.redeemed',
    outcome,
    tenant,
    actor: agent,
    request,
    lease: lineage[lineage.length - 1] ?? null,
    facts: { ...spend.facts, ...facts, jti },
  }
}

/** What can be tried again is a refusal; the rest is a fault of the world. */
function refusalOf(fault: unknown): Refusal {
  if (!(fault instanceof StoreFault) || !fault.retryable) throw fault
  return refuse(fault.code === 'overloaded' ? 'overloaded' : 'status_unknown').refusal
}
