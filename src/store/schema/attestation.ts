/** Nonces that stand, by their hash. */
export interface NoncesTable {
  hash: string
  tenant: string
  holder: string
  expires_at: number
}

/** Evidence that has proven something and may not again. */
export interface SpentProofsTable {
  key: string
  tenant: string
  expires_at: number
}

/** Processes behind agents that were measured. */
export interface WatchedProcessesTable {
  tenant: string
  agent: string
  host: string
  pid: number
  uid: number
  start_time: string
  exe: string
  fingerprint: string
  seen_at: number
}

/** The tables about evidence by name. */
export interface AttestationSchema {
  nonces: NoncesTable
  spent_proofs: SpentProofsTable
  watched_processes: WatchedProcessesTable
}
