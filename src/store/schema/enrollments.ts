/** Invitations; only the hash of a token is kept, and nothing that grants anything. */
export interface EnrollmentsTable {
  id: string
  tenant: string
  owner: string
  token_hash: string
  nonce: string
  created_at: number
  expires_at: number
  registration: string | null
}

/** Agents that asked to be let in; `attestation`, `platform`, `contract`, `terms` are JSON. */
export interface RegistrationsTable {
  id: string
  tenant: string
  enrollment: string
  owner: string
  uri: string
  csr: string
  key_thumbprint: string
  attestation: string
  platform: string
  address: string | null
  collect_hash: string
  challenge: string
  step: 'pending' | 'approved' | 'denied' | 'collected'
  contract: string | null
  terms: string | null
  registered_at: number
  expires_at: number
  decided_at: number | null
}

/** Every key that was ever certified for an agent, and for which. */
export interface AgentKeysTable {
  key_thumbprint: string
  tenant: string
  uri: string
  first_at: number
}

/** The tables of enrollment. */
export interface EnrollmentTables {
  enrollments: EnrollmentsTable
  registrations: RegistrationsTable
  agent_keys: AgentKeysTable
}
