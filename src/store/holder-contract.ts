import type { AgentAttestation } from '../domain/attestation.ts'
import type { AgentUri } from '../domain/ids.ts'
import type { HolderContract } from '../domain/redemption.ts'
import type { Scope } from '../domain/scope/types.ts'
import type { ContractTerms } from '../domain/terms.ts'

/** An agent's contract as the statements of redeeming read it. */
export interface ContractRow {
  readonly contract_version: number
  readonly contract: string
  readonly terms: string
  readonly attestation: string
}

/** The contract of a row, with its end, and what the evidence of its holder is worth. */
export function holderContractOf(agent: AgentUri, row: ContractRow): HolderContract {
  const { expiresAt: endsAt, keyOnly } = JSON.parse(row.terms) as ContractTerms
  const { tier } = JSON.parse(row.attestation) as AgentAttestation
  return {
    agent,
    version: row.contract_version,
    contract: JSON.parse(row.contract) as Scope,
    endsAt,
    tier,
    keyOnly: keyOnly === true,
  }
}
