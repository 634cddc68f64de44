/** One row: which key rows are sealed under, and which is taking its place, or null. */
interface MasterKeyTable {
  tenant: string
  fingerprint: string
  next: string | null
}

/** The table of the master key by name; the key itself is never in the store. */
export interface MasterKeySchema {
  master_key: MasterKeyTable
}
