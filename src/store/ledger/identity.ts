import { createHash, randomBytes } from 'node:crypto'
import type { EpochSeconds } from '../../domain/time.ts'
import { StoreFault } from '../fault.ts'
import type { SqliteConnection } from '../sqlite/connect.ts'

/** Whose tokens a ledger remembers. */
export interface LedgerOwner {
  readonly issuer: string
  /** The one protected resource. */
  readonly audience: string
}

const OWNER = 'select issuer, audience from ledger'
const INSERT = 'insert into ledger (id, issuer, audience, born_at) values (?, ?, ?, ?)'
const BORN_AT = 'select born_at from ledger'

/** The file of an audience's ledger; the same text for the same owner, on every machine. */
export function ledgerFile({ issuer, audience }: LedgerOwner): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([issuer, audience]))
    .digest('base64url')
  return `ledger-${hash}.db`
}

/**
 * Says whose ledger this is, at its birth, or holds it against that later. Call inside a
 * transaction. Throws a StoreFault `unusable` when it belongs to another issuer or audience: what
 * one audience has spent says nothing of another.
 */
export function claimLedger(
  connection: SqliteConnection,
  owner: LedgerOwner,
  now: EpochSeconds,
): void {
  const found = connection.prepare(OWNER).get() as LedgerOwner | undefined
  if (found === undefined) {
    const id = randomBytes(16).toString('base64url')
    connection.prepare(INSERT).run(id, owner.issuer, owner.audience, now)
  } else if (found.issuer !== owner.issuer || found.audience !== owner.audience) {
    const whose = `${found.audience} of ${found.issuer}`
    throw new StoreFault('unusable', `The ledger belongs to ${whose}; each audience has its own.`)
  }
}

/** Since when the ledger remembers; call inside a transaction. */
export function readBirth(connection: SqliteConnection): EpochSeconds {
  return (connection.prepare(BORN_AT).get() as { born_at: EpochSeconds }).born_at
}
