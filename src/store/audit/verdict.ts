import type { CheckpointStatement } from '../../domain/audit.ts'
import type { Result } from '../../domain/result.ts'

/**
 * Signs and verifies checkpoints; handed in, since the store knows no keys. `verify` refuses what
 * was not signed by a checkpoint key of this deployment, past or present.
 */
export interface Checkpointer {
  sign(statement: CheckpointStatement): Promise<string>
  verify(jws: string): Promise<Result<CheckpointStatement>>
}

/**
 * What is wrong with an audit trail.
 * `edited`: body and hash do not fit. `missing`: a sequence number is left out. `misplaced`: a body
 * stands where another belongs, or twice. `unlinked`: it does not continue the record before.
 * `genesis`: a chain does not begin as its genesis says. `cut`: a checkpoint or a later chain names
 * a record that is not there. `rewritten`: it names another hash for it. `checkpoint`: a checkpoint
 * carries no valid signature. `malformed`: a line of an export can not be read.
 */
type AuditProblem =
  | 'edited'
  | 'missing'
  | 'misplaced'
  | 'unlinked'
  | 'genesis'
  | 'cut'
  | 'rewritten'
  | 'checkpoint'
  | 'malformed'

/** The first bad record (or checkpoint, or line), in the order of the trail. */
export interface AuditFinding {
  readonly problem: AuditProblem
  readonly chain: string | null
  /** Sequence of the record; number of the checkpoint; number of the line. */
  readonly sequence: number
}

/** Which checkpoints to look at: each newer one covers what the older ones cover. */
export type CheckpointChoice = 'all' | 'newest'

/** Whether the whole trail holds together, and what was looked at. */
export type AuditVerdict =
  | {
      readonly whole: true
      readonly chains: number
      readonly records: number
      readonly checkpoints: number
    }
  | { readonly whole: false; readonly bad: AuditFinding }

/** One piece of a trail, in this order: checkpoints, chains, then each chain's records. */
export type AuditItem =
  | { readonly kind: 'checkpoint'; readonly number: number; readonly jws: string }
  | { readonly kind: 'chain'; readonly chain: string; readonly genesis: string }
  | {
      readonly kind: 'record'
      readonly chain: string
      readonly sequence: number
      readonly previousHash: string
      readonly hash: string
      readonly body: string
    }
  | { readonly kind: 'unreadable'; readonly line: number }
