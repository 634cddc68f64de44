import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { collectCertificate } from '../../usecases/enrollment/collect-certificate.ts'
import { beginRegistration } from '../../usecases/enrollment/enrollments.ts'
import { registerAgent } from '../../usecases/enrollment/register-agent.ts'
import {
  approveRegistration,
  denyRegistration,
  listRegistrations,
  readOwnRegistration,
  readRegistration,
} from '../../usecases/enrollment/registrations.ts'
import { endpoint } from '../endpoint.ts'
import { enrolledAgentOut } from '../schemas/agents.ts'
import {
  approveBody,
  beginningOut,
  collectBody,
  listRegistrationsQuery,
  ownRegistrationOut,
  registerBody,
  registeredOut,
  registrationOut,
  registrationPageOut,
  registrationParams,
} from '../schemas/enrollments.ts'
import { enrolledAgentView } from '../views/agents.ts'
import {
  beginningView,
  ownRegistrationView,
  registeredView,
  registrationView,
} from '../views/enrollments.ts'

export const begin = endpoint({
  summary: 'Begin to register: the nonce that the proof has to cover',
  description: 'With an enrollment token as bearer. Changes nothing.',
  answer: beginningOut,
  refusals: [],
  act: (world, { caller }) => beginRegistration(world, caller),
  view: beginningView,
})

export const register = endpoint({
  summary: 'Ask to be let in',
  description: 'With an enrollment token as bearer, which is spent by this. Grants nothing.',
  body: registerBody,
  status: 201,
  answer: registeredOut,
  refusals: ['conflict', 'attestation_failed'],
  act: (world, { caller, body, connection }) => {
    const { name, csr: csrPem, proof, evidence, platform } = body
    const address = connection.address ?? null
    return registerAgent(world, caller, { name, csrPem, proof, evidence, platform, address })
  },
  view: registeredView,
})

export const list = endpoint({
  summary: 'List who asked to be let in, newest first',
  description: 'Each with what is proven, what was seen and what is merely said.',
  query: listRegistrationsQuery,
  answer: registrationPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listRegistrations(world, caller, { page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(registrationView), cursor }),
})

export const readOwn = endpoint({
  summary: 'How one’s own registration stands',
  description: 'With the collect secret as bearer.',
  answer: ownRegistrationOut,
  refusals: [],
  act: (world, { caller }) => readOwnRegistration(world, caller),
  view: ownRegistrationView,
})

export const read = endpoint({
  summary: 'Read one registration: what is proven, what was seen, what is merely said',
  description: 'What an owner looks at before saying yes or no.',
  params: registrationParams,
  answer: registrationOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readRegistration(world, caller, { registration: params.id }),
  view: registrationView,
})

export const approve = endpoint({
  summary: 'Let an agent in, under a contract',
  description:
    'For the owner who invited alone. Terms that are left out ask for approval each time.',
  params: registrationParams,
  body: approveBody,
  answer: registrationOut,
  refusals: ['not_found', 'conflict'],
  act: (world, { caller, params, body }) =>
    approveRegistration(world, caller, { registration: params.id, ...body }),
  view: registrationView,
})

export const deny = endpoint({
  summary: 'Turn an agent away',
  description: 'For the owner who invited alone; also after an approval not yet collected.',
  params: registrationParams,
  answer: registrationOut,
  refusals: ['not_found', 'conflict'],
  act: (world, { caller, params }) => denyRegistration(world, caller, { registration: params.id }),
  view: registrationView,
})

export const collect = endpoint({
  summary: 'Collect the certificate of an approved registration, once',
  description: 'With the collect secret as bearer. A lost answer is not given again.',
  params: registrationParams,
  body: collectBody,
  status: 201,
  answer: enrolledAgentOut,
  refusals: [
    'not_found',
    'conflict',
    'attestation_failed',
    'expired',
    'approval_required',
    'approval_denied',
  ],
  act: (world, { caller, params, body }) =>
    collectCertificate(world, caller, { registration: params.id, proof: body.proof }),
  view: enrolledAgentView,
})
