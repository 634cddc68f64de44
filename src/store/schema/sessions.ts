/** Browsers that people signed in with. */
export interface SessionsTable {
  tenant: string
  secret_hash: string
  name: string
  certificate: string | null
  opened_at: number
  used_at: number
  expires_at: number
}

/** Tables of sessions. */
export interface SessionSchema {
  sessions: SessionsTable
}
