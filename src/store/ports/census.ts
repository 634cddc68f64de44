/** What waits for a person and is not over, in all tenants. */
export interface Waiting {
  /** Questions nobody has decided. */
  readonly approvals: number
  /** Agents that asked to be let in. */
  readonly registrations: number
}

/** A place in the walk over all leases; means nothing beyond that. */
export interface LeasePlace {
  readonly root: string
  readonly path: string
}

/** What a stretch of the walk came to, and where the next begins; the last has no `next`. */
export interface LeasesCounted {
  readonly live: number
  readonly next?: LeasePlace
}

/** What is counted for the numbers of a process. */
export interface CensusReads {
  /** Takes as long as there are rows that are not over: few. */
  countWaiting(): Promise<Waiting>
  /**
   * Live leases of all tenants (I6), a stretch at a time, each in a read of its own so that none
   * keeps a snapshot for long. What changes behind the walk is not seen.
   */
  countLive(after?: LeasePlace): Promise<LeasesCounted>
}
