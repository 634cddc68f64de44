import { CONNECTOR_HEARTBEAT_MS } from '../../domain/limits.ts'
import { timeText } from '../../listener/time-text.ts'
import { heartbeat as beat } from '../../usecases/agents/heartbeat.ts'
import { attestAgent } from '../../usecases/attestation/attest-agent.ts'
import { issueNonce } from '../../usecases/attestation/issue-nonce.ts'
import { endpoint } from '../endpoint.ts'
import {
  agentAttestationOut,
  attestBody,
  heartbeatBody,
  heartbeatOut,
  nonceOut,
} from '../schemas/attestation.ts'
import { agentAttestationView, nonceView } from '../views/attestation.ts'

export const nonce = endpoint({
  summary: 'Draw a nonce for one piece of evidence',
  description:
    'For an agent: for its own evidence alone. For everybody else: for an enrollment. It is good ' +
    'for one proof and for five minutes.',
  status: 201,
  answer: nonceOut,
  refusals: ['overloaded'],
  act: (world, { caller }) => issueNonce(world, caller),
  view: nonceView,
})

export const heartbeat = endpoint({
  summary: 'Tell that the connector of this agent is there, and which program it is',
  description:
    'A program that is not the one of the registration, or else the first one told, is refused, ' +
    'and the owner is alerted. See docs/faces/connector.md.',
  body: heartbeatBody,
  answer: heartbeatOut,
  refusals: ['attestation_failed'],
  act: (world, { caller, body }) => beat(world, caller, body),
  view: ({ state, at }) => ({
    state,
    every_seconds: CONNECTOR_HEARTBEAT_MS / 1_000,
    at: timeText(at),
  }),
})

export const attest = endpoint({
  summary: 'Prove again what this agent is',
  description:
    'Evidence of any method, with a nonce of this agent. What says something else, or less, than ' +
    'what is known changes nothing, and the owner is alerted.',
  body: attestBody,
  answer: agentAttestationOut,
  refusals: ['attestation_failed'],
  act: (world, { caller, body, connection }) =>
    attestAgent(world, caller, { evidence: body.evidence, connection: connection.ends }),
  view: (agent) => agentAttestationView(agent.attestation),
})
