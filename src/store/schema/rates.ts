/**
 * What a rate of a lease has admitted of late. `counted` is JSON: pairs of the number of a
 * sub-window and the admissions in it, oldest first. Born with the first call that counts.
 */
interface LeaseRatesTable {
  root_id: string
  id: string
  per_seconds: number
  tenant: string
  counted: string
}

/** The same for all calls of an agent: its contract's terms. */
interface AgentRatesTable {
  tenant: string
  uri: string
  per_seconds: number
  counted: string
}

/** The tables of rates by name. */
export interface RatesSchema {
  lease_rates: LeaseRatesTable
  agent_rates: AgentRatesTable
}
