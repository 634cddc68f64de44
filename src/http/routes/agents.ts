import { type AgentUri, parseAgentUri } from '../../domain/ids.ts'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { announceCertificate } from '../../usecases/agents/announce-certificate.ts'
import { listAgents, readAgent } from '../../usecases/agents/read-agent.ts'
import { reissueCertificate, renewCertificate } from '../../usecases/agents/renew-certificate.ts'
import { setContract } from '../../usecases/agents/set-contract.ts'
import { enrollAgent } from '../../usecases/enrollment/enroll-agent.ts'
import { federateAgent } from '../../usecases/enrollment/federate-agent.ts'
import type { World } from '../../usecases/world.ts'
import { endpoint } from '../endpoint.ts'
import {
  agentOut,
  agentPageOut,
  agentParams,
  certificateOut,
  enrollAgentBody,
  enrolledAgentOut,
  federateAgentBody,
  federatedAgentOut,
  listAgentsQuery,
  renewCertificateBody,
  setContractBody,
} from '../schemas/agents.ts'
import {
  agentView,
  certificateView,
  enrolledAgentView,
  federatedAgentView,
} from '../views/agents.ts'

/** The agent an address names: by its whole id, or by its name (see `agentName`). */
function agentNamed({ trustDomain }: World, name: string): AgentUri | undefined {
  if (name.startsWith('spiffe://')) return parseAgentUri(name)
  const path = name.includes('/') ? name : `${trustDomain}/agent/${name}`
  return parseAgentUri(`spiffe://${path}`)
}

export const enroll = endpoint({
  summary: 'Enroll an agent or an enforcement point',
  description:
    'Certifies the key of the request and sets the contract, if one is given, in one ' +
    'decision.',
  body: enrollAgentBody,
  status: 201,
  answer: enrolledAgentOut,
  refusals: ['conflict', 'attestation_failed'],
  idempotency: 'once',
  act: (world, { caller, body }) => {
    const { server_names: serverNames, csr: csrPem, ...rest } = body
    return enrollAgent(world, caller, { ...rest, serverNames, csrPem })
  },
  view: enrolledAgentView,
})

export const federate = endpoint({
  summary: 'Let in an agent of another trust domain',
  description:
    'Its own authority certifies it; the contract is set here. The trust bundle of its domain ' +
    'has to be configured.',
  body: federateAgentBody,
  status: 201,
  answer: federatedAgentOut,
  refusals: ['conflict'],
  idempotency: 'once',
  act: (world, { caller, body }) => {
    const { certificate: certificatePem, ...rest } = body
    return federateAgent(world, caller, { ...rest, certificatePem })
  },
  view: federatedAgentView,
})

export const announce = endpoint({
  summary: 'Tell that the certificate of this connection is the newest',
  description:
    'For agents of other trust domains, whose authority renews it: delegations to them are ' +
    'bound to this one from now on.',
  answer: agentOut,
  refusals: ['conflict'],
  act: (world, { caller }) => announceCertificate(world, caller),
  view: agentView,
})

export const list = endpoint({
  summary: 'List agents',
  description: 'By name, with contract, terms and attestation.',
  query: listAgentsQuery,
  answer: agentPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listAgents(world, caller, { page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(agentView), cursor }),
})

export const read = endpoint({
  summary: 'Read one agent',
  description: 'An agent or enforcement point reads itself alone; owners and operators read all.',
  params: agentParams,
  answer: agentOut,
  refusals: ['not_found'],
  act: async (world, { caller, params }) => {
    const agent = agentNamed(world, params.name)
    return agent === undefined ? refuse('not_found') : readAgent(world, caller, { agent })
  },
  view: agentView,
})

export const contract = endpoint({
  summary: 'Set the contract of an agent',
  description: 'Counts at once: what was granted under the old contract is judged by the new one.',
  params: agentParams,
  body: setContractBody,
  answer: agentOut,
  refusals: ['not_found'],
  act: async (world, { caller, params, body }) => {
    const agent = agentNamed(world, params.name)
    if (agent === undefined) return refuse('not_found')
    const set = await setContract(world, caller, { agent, ...body })
    return set.ok ? readAgent(world, caller, { agent }) : set
  },
  view: agentView,
})

export const reissue = endpoint({
  summary: 'Certify a new key of an agent',
  description: 'For an agent whose certificate has run out or whose key is lost.',
  params: agentParams,
  body: renewCertificateBody,
  answer: certificateOut,
  refusals: ['not_found', 'attestation_failed', 'revoked', 'suspended'],
  act: async (world, { caller, params, body }) => {
    const agent = agentNamed(world, params.name)
    if (agent === undefined) return refuse('not_found')
    const { csr: csrPem, evidence } = body
    return reissueCertificate(world, caller, { agent, csrPem, evidence })
  },
  view: certificateView,
})

export const certificate = endpoint({
  summary: 'Renew the certificate of this connection',
  description:
    'Certifies a new key for the same name; evidence may come with it. The old certificate ' +
    'goes on until it ends.',
  body: renewCertificateBody,
  answer: certificateOut,
  refusals: ['attestation_failed'],
  act: (world, { caller, body, connection }) => {
    const { csr: csrPem, evidence } = body
    return renewCertificate(world, caller, { csrPem, evidence, connection: connection.ends })
  },
  view: certificateView,
})
