import type { z } from '@hono/zod-openapi'
import { agentName } from '../../domain/agent-name.ts'
import { timeText } from '../../listener/time-text.ts'
import type { AgentNow } from '../../usecases/agents/read-agent.ts'
import type { EnrolledAgent } from '../../usecases/enrollment/enroll-agent.ts'
import type { FederatedAgent } from '../../usecases/enrollment/federate-agent.ts'
import type {
  agentOut,
  certificateOut,
  enrolledAgentOut,
  federatedAgentOut,
} from '../schemas/agents.ts'
import { agentAttestationView } from './attestation.ts'
import { termsView } from './terms.ts'

/** An agent and whether anything stands against it; its name as people say it. */
export function agentView({ agent, state }: AgentNow): z.input<typeof agentOut> {
  return {
    uri: agent.uri,
    name: agentName(agent.uri),
    role: agent.role,
    owner: agent.owner,
    contract: agent.contract,
    terms: termsView(agent.terms),
    contract_version: agent.contractVersion,
    certificate_thumbprint: agent.certificate,
    server_names: [...agent.serverNames],
    attestation: agentAttestationView(agent.attestation),
    enrolled_at: timeText(agent.enrolledAt),
    state,
  }
}

/** A certificate and the root it hangs from; both are public. */
export function certificateView(enrolled: EnrolledAgent): z.input<typeof certificateOut> {
  return { certificate: enrolled.certificate.pem, ca: enrolled.rootPem }
}

/** A new agent with its first certificate. */
export function enrolledAgentView(enrolled: EnrolledAgent): z.input<typeof enrolledAgentOut> {
  return {
    ...agentView({ agent: enrolled.agent, state: 'active' }),
    ...certificateView(enrolled),
  }
}

/** A new agent of another trust domain, and whom it has to trust. */
export function federatedAgentView(federated: FederatedAgent): z.input<typeof federatedAgentOut> {
  return { ...agentView({ agent: federated.agent, state: 'active' }), ca: federated.rootPem }
}
