/**
 * LEASH-46: an implementation declares its tier and what follows from it. Ours is the third, local
 * encrypted files: never more is claimed, whatever machine this runs on.
 */
export const IMPLEMENTATION_TIER = {
  tier: 3,
  name: 'local encrypted files',
  properties: {
    /** No enclave: whoever has root on the authority's machine can read what it holds. */
    hardware_isolation: false,
    /** Keys at rest are encrypted under a master key of the operator, not of each owner. */
    owner_managed_keys: false,
    encrypted_at_rest: true,
    secrets_leave_the_authority: false,
    evidence_of_agents: 'self-reported, unless its method says otherwise',
  },
} as const

/**
 * What agents get of a secret: its use. No setting makes it more; a deployment that hands values
 * out would have to say so here.
 */
export const EXPOSURE = { max: 'use', values_handed_out: false } as const
