import { z } from '@hono/zod-openapi'
import { IMPLEMENTATION_TIER, implementationOf } from '../../domain/implementation-tier.ts'
import { timeText } from '../../listener/time-text.ts'
import { type ConnectionNow, readConnection } from '../../usecases/agents/read-connection.ts'
import { endpoint } from '../endpoint.ts'
import { attestationOut } from '../schemas/attestation.ts'
import { agentUriOut, timeOut } from '../schemas/common.ts'
import { scopeOut } from '../schemas/scope.ts'
import { termsOut } from '../schemas/terms.ts'
import { attestationView } from '../views/attestation.ts'
import { termsView } from '../views/terms.ts'

const tierOut = z
  .strictObject({
    tier: z.literal(IMPLEMENTATION_TIER),
    name: z.string(),
    properties: z.strictObject({
      hardware_isolation: z.boolean(),
      owner_managed_keys: z.boolean(),
      encrypted_at_rest: z.boolean(),
      secrets_leave_the_authority: z.boolean(),
      evidence_of_agents: z.string(),
    }),
  })
  .openapi('ImplementationTier')

const useOut = z.strictObject({
  used: z.int().min(0),
  remaining: z.union([z.int().min(0), z.literal('unlimited')]),
})

const connectionOut = z
  .strictObject({
    uri: agentUriOut,
    owner: z.string(),
    state: z.enum(['active', 'contract_expired']),
    contract: scopeOut,
    contract_version: z.int(),
    terms: termsOut,
    rate: z.strictObject({ hour: useOut, day: useOut }),
    attestation: attestationOut,
    implementation: tierOut,
    at: timeOut,
  })
  .openapi('Connection')

export const read = endpoint({
  summary: 'What this connection may do, and for how long',
  description:
    'Contract, terms and rates of the caller, and when its certificate and its contract end.',
  answer: connectionOut,
  refusals: [],
  act: (world, { caller }) => readConnection(world, caller),
  view: connectionView,
})

function connectionView({
  agent,
  state,
  rate,
  exposure,
  at,
}: ConnectionNow): z.input<typeof connectionOut> {
  return {
    uri: agent.uri,
    owner: agent.owner,
    state,
    contract: agent.contract,
    contract_version: agent.contractVersion,
    terms: termsView(agent.terms),
    rate,
    attestation: attestationView(agent.attestation),
    implementation: implementationOf(exposure),
    at: timeText(at),
  }
}
