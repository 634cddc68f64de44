/** Bearer references to leases. */
export interface HandlesTable {
  tenant: string
  id: string
  digest: string
  lease: string
  label: string
  certificate: string | null
  addresses: string
  binding: string | null
  process: string | null
  created_by: string
  created_at: number
  expires_at: number
  revoked_at: number | null
}

/** Tables of handles. */
export interface HandleSchema {
  handles: HandlesTable
}
