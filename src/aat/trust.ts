import type { AatDemands } from '../domain/aat/invocation.ts'
import type { AgentUri, PrincipalId } from '../domain/ids.ts'
import type { Scope } from '../domain/scope/types.ts'
import type { AatAnchor } from '../token/aat-chain.ts'

/** An issuer of chains, as the owner configured it. */
export interface TrustedAatIssuer {
  readonly name: string
  /** `iss` of its roots, compared exactly. */
  readonly issuer: string
  /** Who holds here what its chains hold: no agent of ours, and nobody's certificate names it. */
  readonly uri: AgentUri
  /** The accountable principal of everything its chains do here. */
  readonly owner: PrincipalId
  /** What its chains may do here at most, whatever they say. */
  readonly ceiling: Scope
  readonly demands: AatDemands
}

/** Whose chains are accepted; with nobody in it, none is. */
export interface AatTrust {
  readonly anchors: readonly AatAnchor[]
  readonly issuers: ReadonlyMap<string, TrustedAatIssuer>
}
