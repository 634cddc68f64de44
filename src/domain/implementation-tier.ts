/** What a deployment lets agents have of a credential at most. */
export const EXPOSURES = ['never', 'use', 'retrieve'] as const
/** `never` and `use`: calls with it, through a gateway. `retrieve`: also its value. */
export type Exposure = (typeof EXPOSURES)[number]

/** LEASH-46: the third tier, local encrypted files; more is never claimed, wherever this runs. */
export const IMPLEMENTATION_TIER = 3

/**
 * LEASH-46: what an implementation declares of itself. Secrets leave the authority only where the
 * deployment allows their retrieval, and then only through all the other locks.
 */
export function implementationOf(exposure: Exposure) {
  return {
    tier: IMPLEMENTATION_TIER,
    name: 'local encrypted files',
    properties: {
      /** No enclave: whoever has root on the authority's machine can read what it holds. */
      hardware_isolation: false,
      /** Keys at rest are encrypted under a master key of the operator, not of each owner. */
      owner_managed_keys: false,
      encrypted_at_rest: true,
      secrets_leave_the_authority: exposure === 'retrieve',
      evidence_of_agents: 'self-reported, unless its method says otherwise',
    },
  } as const
}
