/** Leashes that were minted. */
export interface LeashesTable {
  tenant: string
  jti: string
  lease: string
  version: number
  certificate: string
  created_at: number
  expires_at: number
}

/** Tables of leashes. */
export interface LeashSchema {
  leashes: LeashesTable
}
