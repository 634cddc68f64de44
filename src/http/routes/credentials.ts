import type { CredentialKey } from '../../domain/credential.ts'
import type { PrincipalId } from '../../domain/ids.ts'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import type { Caller } from '../../usecases/caller.ts'
import {
  type CredentialChange,
  changeCredential,
  removeCredential,
} from '../../usecases/credentials/change-credential.ts'
import { createCredential } from '../../usecases/credentials/create-credential.ts'
import type { CredentialContent } from '../../usecases/credentials/credential-content.ts'
import { listCredentials, readCredential } from '../../usecases/credentials/read-credential.ts'
import {
  rollBackCredential,
  rotateCredential,
} from '../../usecases/credentials/rotate-credential.ts'
import { endpoint } from '../endpoint.ts'
import { nothing } from '../schemas/common.ts'
import {
  changeCredentialBody,
  createCredentialBody,
  credentialNowOut,
  credentialOut,
  credentialPageOut,
  credentialParams,
  credentialQuery,
  listCredentialsQuery,
  rollBackCredentialBody,
  rotateCredentialBody,
} from '../schemas/credentials.ts'
import { credentialNowView, credentialView } from '../views/credentials.ts'

const ONE_KEPT = 'A principal’s own credential is written by that principal alone.'

function keyOf(input: {
  readonly caller: Caller
  readonly params: { readonly name: string }
  readonly query: { readonly environment: string; readonly owner?: PrincipalId | undefined }
}): CredentialKey {
  const { caller, params, query } = input
  const { environment, owner = null } = query
  return { tenant: caller.tenant, name: params.name, environment, owner }
}

function contentOf(body: {
  readonly fields?: Readonly<Record<string, string>> | undefined
  readonly reference?: string | undefined
}): CredentialContent {
  const { fields = {}, reference } = body
  return reference === undefined ? { fields } : { reference }
}

export const create = endpoint({
  summary: 'Put an upstream credential into the vault',
  description: `Nobody reads the secret back. ${ONE_KEPT}`,
  body: createCredentialBody,
  status: 201,
  answer: credentialOut,
  refusals: ['conflict'],
  act: (world, { caller, body }) => {
    const { name, environment, kind, category, origins, placement, owner } = body
    const { backend = world.vault.usual, requires_approval: requiresApproval } = body
    const token = body.token && {
      url: body.token.url,
      clientId: body.token.client_id,
      clientAuth: body.token.client_auth,
      scope: body.token.scope,
      audience: body.token.audience,
      privateNet: body.token.private_net,
    }
    const terms = { name, environment, kind, category, origins, placement, token, backend }
    const { allowed_actions: allowedActions, classification } = body
    const rules = { requiresApproval, allowedActions, classification }
    const content = contentOf(body)
    return createCredential(world, caller, { terms, owner, ...rules, content })
  },
  view: credentialView,
})

export const list = endpoint({
  summary: 'List credentials, without their secrets',
  description: 'Shared ones and those of principals, by name and environment.',
  query: listCredentialsQuery,
  answer: credentialPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { environment, limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listCredentials(world, caller, { environment, page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(credentialView), cursor }),
})

export const read = endpoint({
  summary: 'Read one credential and its versions, without its secret',
  description: 'Tells when each version was put in and by whom.',
  params: credentialParams,
  query: credentialQuery,
  answer: credentialNowOut,
  refusals: ['not_found'],
  act: (world, input) => readCredential(world, input.caller, { key: keyOf(input) }),
  view: credentialNowView,
})

export const change = endpoint({
  summary: 'Disable or enable a credential, or change what it may be used for',
  description: `Counts for the next call. ${ONE_KEPT} Every owner may disable it.`,
  params: credentialParams,
  query: credentialQuery,
  body: changeCredentialBody,
  answer: credentialOut,
  refusals: ['not_found', 'credential_unavailable'],
  act: (world, input) => {
    const { state, origins, category, requires_approval: requiresApproval } = input.body
    const { allowed_actions: allowedActions, classification } = input.body
    const change: CredentialChange = {
      ...(state === undefined ? {} : { state }),
      ...(origins === undefined ? {} : { origins }),
      ...(category === undefined ? {} : { category }),
      ...(requiresApproval === undefined ? {} : { requiresApproval }),
      ...(allowedActions === undefined ? {} : { allowedActions }),
      ...(classification === undefined ? {} : { classification }),
    }
    return changeCredential(world, input.caller, { key: keyOf(input), change })
  },
  view: credentialView,
})

export const rotate = endpoint({
  summary: 'Replace the secret of a credential',
  description: `The next call uses it; agents do not notice. ${ONE_KEPT}`,
  params: credentialParams,
  query: credentialQuery,
  body: rotateCredentialBody,
  answer: credentialOut,
  refusals: ['not_found', 'credential_unavailable'],
  act: (world, input) =>
    rotateCredential(world, input.caller, { key: keyOf(input), content: contentOf(input.body) }),
  view: credentialView,
})

export const rollBack = endpoint({
  summary: 'Put an older version of a credential in use again',
  description: 'The next call uses it; the versions after it are kept.',
  params: credentialParams,
  query: credentialQuery,
  body: rollBackCredentialBody,
  answer: credentialOut,
  refusals: ['not_found', 'credential_unavailable'],
  act: (world, input) => {
    const { version } = input.body
    return rollBackCredential(world, input.caller, { key: keyOf(input), version })
  },
  view: credentialView,
})

export const remove = endpoint({
  summary: 'Remove a credential with all its versions',
  description:
    'Calls that need it are refused from now on. What is removed can not be brought back.',
  params: credentialParams,
  query: credentialQuery,
  status: 204,
  answer: nothing,
  refusals: ['not_found'],
  act: (world, input) => removeCredential(world, input.caller, { key: keyOf(input) }),
  view: () => undefined,
})
