import { z } from '@hono/zod-openapi'
import { SERVER_NAMES_MAX } from '../../domain/limits.ts'
import { agentAttestationOut, evidence } from './attestation.ts'
import { agentUriOut, name, pageOf, pageQuery, pem, thumbprintOut, timeOut } from './common.ts'
import { scopeOut, scopeRequest } from './scope.ts'
import { termsIn, termsOut } from './terms.ts'

export const agentParams = z.strictObject({
  name: z.string().min(1).max(2048).openapi({
    description: 'The name of an agent, or the whole id of an agent or gateway.',
    example: 'planner',
  }),
})

export const enrollAgentBody = z
  .strictObject({
    name,
    role: z.enum(['agent', 'enforcement']).default('agent'),
    server_names: z
      .array(z.string().max(253))
      .max(SERVER_NAMES_MAX)
      .default([])
      .openapi({
        description: 'DNS names and IP addresses for the certificate; enforcement points alone.',
        example: ['gateway.example'],
      }),
    csr: pem.openapi({ description: 'PKCS #10 request in PEM, signed with the agent’s key.' }),
    contract: scopeRequest,
    terms: termsIn.optional(),
    evidence: evidence.default({ method: 'mtls' }),
  })
  .openapi('EnrollAgent')

export const federateAgentBody = z
  .strictObject({
    id: z.string().min(1).max(2048).openapi({
      description: 'Its SPIFFE id, of a trust domain whose bundle is configured here.',
      example: 'spiffe://partner.example/ns/data/sa/reader',
    }),
    certificate: pem.openapi({
      description: 'The X509-SVID it presents now, in PEM; renewed by its own authority.',
    }),
    contract: scopeRequest,
    terms: termsIn.optional(),
  })
  .openapi('FederateAgent')

export const setContractBody = z
  .strictObject({ contract: scopeRequest, terms: termsIn.optional() })
  .openapi('SetContract')

export const renewCertificateBody = z
  .strictObject({ csr: pem, evidence: evidence.default({ method: 'mtls' }) })
  .openapi('RenewCertificate')

export const listAgentsQuery = z.strictObject(pageQuery)

const AGENT = {
  uri: agentUriOut,
  name: z.string(),
  role: z.enum(['agent', 'enforcement']),
  owner: z.string(),
  contract: scopeOut,
  terms: termsOut,
  contract_version: z.int(),
  certificate_thumbprint: thumbprintOut,
  server_names: z.array(z.string()),
  attestation: agentAttestationOut,
  enrolled_at: timeOut,
  state: z.enum(['active', 'suspended', 'revoked']),
}
const CERTIFICATE = {
  certificate: z.string().openapi({ description: 'PEM, short-lived: renew it over mTLS.' }),
  ca: z.string().openapi({ description: 'PEM of the authority’s root certificate.' }),
}

export const agentOut = z.strictObject(AGENT).openapi('Agent')
export const enrolledAgentOut = z
  .strictObject({ ...AGENT, ...CERTIFICATE })
  .openapi('EnrolledAgent')
export const federatedAgentOut = z
  .strictObject({ ...AGENT, ca: CERTIFICATE.ca })
  .openapi('FederatedAgent')
export const certificateOut = z.strictObject(CERTIFICATE).openapi('Certificate')
export const agentPageOut = pageOf(agentOut, 'AgentPage')
