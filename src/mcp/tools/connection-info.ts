import { z } from 'zod'
import {
  EXPOSURES,
  IMPLEMENTATION_TIER,
  implementationOf,
} from '../../domain/implementation-tier.ts'
import { accept } from '../../domain/result.ts'
import { APPROVAL_MODES, CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { timeText } from '../../listener/time-text.ts'
import { type ConnectionNow, readConnection } from '../../usecases/agents/read-connection.ts'
import { targetOut, targetsView } from '../texts.ts'
import { leashTool } from '../tool.ts'

const limit = z.union([z.int(), z.literal('unlimited')])
const use = z.strictObject({ limit, used: z.int(), remaining: limit })

const output = z.strictObject({
  health: z.literal('ok'),
  state: z.enum(['active', 'contract_expired']),
  uri: z.string(),
  owner: z.string(),
  contract: z.strictObject({
    version: z.int(),
    approval_mode: z.enum(APPROVAL_MODES),
    categories: z.array(z.enum(CREDENTIAL_CATEGORIES)),
    actions: z.boolean(),
    targets: z.array(targetOut),
    expires_at: z.string().nullable(),
  }),
  rate: z.strictObject({ hour: use, day: use }),
  attestation: z.strictObject({ tier: z.string(), method: z.string(), at: z.string() }),
  implementation: z.strictObject({
    tier: z.literal(IMPLEMENTATION_TIER),
    name: z.string(),
    properties: z.record(z.string(), z.union([z.boolean(), z.string()])),
  }),
  exposure: z.strictObject({ max: z.enum(EXPOSURES), values_handed_out: z.literal(false) }),
  at: z.string(),
})

/** LEASH-30, LEASH-46: health, a summary of the contract, rates, tier and exposure. */
export const connectionInfo = leashTool({
  name: 'connection_info',
  title: 'See what this connection may do',
  description:
    'Health of the connection, a summary of the contract, how much of its rates is used, and ' +
    'what this implementation declares of itself.',
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.strictObject({}),
  output,
  async run({ serving, caller }) {
    const now = await readConnection(serving.world, caller)
    return now.ok ? accept(infoView(now.value)) : now
  },
})

function infoView({ agent, state, rate, exposure, at }: ConnectionNow): z.input<typeof output> {
  const { terms, contract, attestation } = agent
  return {
    health: 'ok',
    state,
    uri: agent.uri,
    owner: agent.owner,
    contract: {
      version: agent.contractVersion,
      approval_mode: terms.approvalMode,
      categories: [...terms.categories],
      actions: terms.actions,
      targets: targetsView(contract.grants),
      expires_at: terms.expiresAt === null ? null : timeText(terms.expiresAt),
    },
    rate: {
      hour: { limit: terms.rate.hour, ...rate.hour },
      day: { limit: terms.rate.day, ...rate.day },
    },
    attestation: {
      tier: attestation.tier,
      method: attestation.method,
      at: timeText(attestation.at),
    },
    implementation: implementationOf(exposure),
    // These tools hand out none, whatever the deployment allows elsewhere.
    exposure: { max: exposure, values_handed_out: false },
    at: timeText(at),
  }
}
