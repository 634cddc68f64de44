/** The addresses a host name has for a tree; `addresses` is a JSON list. Never rewritten. */
interface DnsPinsTable {
  root_id: string
  host: string
  tenant: string
  addresses: string
  pinned_at: number
}

/** The table of pins by name. */
export interface DnsPinSchema {
  dns_pins: DnsPinsTable
}
