import * as crypto from 'node:crypto'
import type { AuditEntry, AuditPosition, ChainHead } from '../../domain/audit.ts'
import type { EpochSeconds } from '../../domain/time.ts'

/**
 * The hash of a record: SHA-256 over the 43 characters of the previous hash followed by the UTF-8
 * bytes of the body; base64url. The first part has a fixed length, so no two inputs are alike.
 */
export function recordHash(previousHash: string, body: string): string {
  return sha256(previousHash + body)
}

/** The previous hash of a chain's first record: SHA-256 over its genesis text. */
export function genesisHash(genesis: string): string {
  return sha256(genesis)
}

/** How a checkpoint names the one before: SHA-256 over its compact text, base64url. */
export function checkpointHash(jws: string): string {
  return sha256(jws)
}

/** What a chain begins with: its name, its moment, and the heads of other chains known then. */
export interface Genesis {
  readonly writ: 'audit-chain'
  readonly chain: string
  readonly at: EpochSeconds
  readonly heads: readonly ChainHead[]
}

/** The text of a genesis; kept exactly as hashed. */
export function genesisText(genesis: Omit<Genesis, 'writ'>): string {
  const { chain, at, heads } = genesis
  return JSON.stringify({ writ: 'audit-chain', chain, at, heads })
}

/** Reads a genesis text, or undefined when it has another shape. */
export function readGenesis(text: string): Genesis | undefined {
  try {
    const genesis = JSON.parse(text) as Partial<Genesis> | null
    const shaped =
      genesis?.writ === 'audit-chain' &&
      typeof genesis.chain === 'string' &&
      Array.isArray(genesis.heads) &&
      genesis.heads.every(isHead)
    return shaped ? (genesis as Genesis) : undefined
  } catch {
    return undefined
  }
}

function isHead(head: unknown): head is ChainHead {
  const { chain, sequence, hash } = (head ?? {}) as Partial<ChainHead>
  return typeof chain === 'string' && Number.isSafeInteger(sequence) && typeof hash === 'string'
}

/** The text of a record: position and moment first, then what was decided. */
export function recordBody(position: AuditPosition, time: EpochSeconds, entry: AuditEntry): string {
  return JSON.stringify({
    chain: position.chain,
    sequence: position.sequence,
    time,
    event: entry.event,
    outcome: entry.outcome,
    tenant: entry.tenant,
    actor: entry.actor,
    request: entry.request,
    lease: entry.lease,
    facts: entry.facts,
  })
}

type OneShot = (algorithm: string, data: string, encoding: 'base64url') => string

/** Node 20.12 and 21.7 have a hash function without an object around it; it is twice as fast. */
const oneShot = (crypto as { hash?: OneShot }).hash

function sha256(text: string): string {
  if (oneShot !== undefined) return oneShot('sha256', text, 'base64url')
  return crypto.createHash('sha256').update(text, 'utf8').digest('base64url')
}
