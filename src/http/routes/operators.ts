import { accept } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import type { RoleCredential } from '../../store/ports.ts'
import { createOperator, listOperators, revokeOperator } from '../../usecases/people/operators.ts'
import { endpoint } from '../endpoint.ts'
import { nothing } from '../schemas/common.ts'
import {
  createdOperatorOut,
  createOperatorBody,
  operatorListOut,
  operatorParams,
} from '../schemas/operators.ts'

export const create = endpoint({
  summary: 'Make a credential for an owner or operator',
  description:
    'The token is shown this once; with a certificate there is none, and the console takes ' +
    'that instead.',
  body: createOperatorBody,
  status: 201,
  answer: createdOperatorOut,
  refusals: ['conflict', 'malformed'],
  idempotency: 'once',
  act: (world, { caller, body }) => createOperator(world, caller, body),
  view: ({ credential, token }) => ({
    name: credential.name,
    role: credential.role,
    ...thumbprint(credential),
    ...(token === undefined ? {} : { token }),
  }),
})

export const list = endpoint({
  summary: 'List the credentials of owners and operators',
  description: 'Names and roles, those that were ended as well; never a token.',
  answer: operatorListOut,
  refusals: [],
  act: (world, { caller }) => listOperators(world, caller),
  view: (credentials) => ({
    items: credentials.map((credential) => ({
      name: credential.name,
      role: credential.role,
      ...thumbprint(credential),
      created_at: timeText(credential.createdAt),
      revoked_at: credential.revokedAt === null ? null : timeText(credential.revokedAt),
    })),
    cursor: null,
  }),
})

function thumbprint({ certificate }: Pick<RoleCredential, 'certificate'>) {
  return certificate === null ? {} : { certificate_thumbprint: certificate }
}

export const revoke = endpoint({
  summary: 'End a credential at once',
  description:
    'Bearer, sessions and certificate of its name are refused from now on. Nobody ends their own.',
  params: operatorParams,
  status: 204,
  answer: nothing,
  refusals: ['not_found', 'conflict'],
  act: async (world, { caller, params }) => {
    const revoked = await revokeOperator(world, caller, params)
    return revoked.ok ? accept(undefined) : revoked
  },
  view: () => undefined,
})
