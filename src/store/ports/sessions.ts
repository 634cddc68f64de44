import type { Session } from '../../domain/session.ts'
import type { RoleCredential } from '../ports.ts'

/** Reads of sessions. */
export interface SessionReads {
  /**
   * A session by the hash of its secret, over or not, with the role credential it stands on, whose
   * end is its own; undefined where either is not there.
   */
  session(
    secretHash: string,
  ): Promise<{ readonly session: Session; readonly credential: RoleCredential } | undefined>
}

/** Writes of sessions. */
export interface SessionWrites {
  /** Beyond SESSIONS_PER_PERSON_MAX of one person, those opened first end. */
  insertSession(session: Session): Promise<void>
  /** Answers false when it was not there. */
  endSession(secretHash: string): Promise<boolean>
  /** Ends those of everybody. */
  endAllSessions(): Promise<void>
}

/** What is kept about sessions beside decisions, without a record of its own. */
export interface SessionChores {
  /** Somebody used it now. Revives nothing: what is over stays so. */
  noteSessionUse(secretHash: string): Promise<void>
}
