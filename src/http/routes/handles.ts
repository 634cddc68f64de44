import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { createHandle } from '../../usecases/handles/create-handle.ts'
import { listHandles } from '../../usecases/handles/read-handle.ts'
import { revokeHandle } from '../../usecases/handles/revoke-handle.ts'
import { endpoint } from '../endpoint.ts'
import {
  createdHandleOut,
  createHandleBody,
  handleOut,
  handlePageOut,
  handleParams,
  listHandlesQuery,
  revokeHandleBody,
} from '../schemas/handles.ts'
import { handleView } from '../views/handles.ts'
import { NOT_LIVE } from './refusals.ts'

export const create = endpoint({
  summary: 'Make a bearer handle to a lease',
  description:
    'For agents that can only send a header. It calls within the lease, at the listener for ' +
    'handles, and can do nothing else. See docs/faces/handles.md.',
  body: createHandleBody,
  status: 201,
  answer: createdHandleOut,
  refusals: ['not_found', 'fanout_exceeded', ...NOT_LIVE],
  idempotency: 'once',
  act: (world, { caller, body }) => {
    const { lease_id: lease, ttl_seconds: ttlSeconds, addresses = [], ...rest } = body
    return createHandle(world, caller, { lease, ttlSeconds, addresses, ...rest })
  },
  view: ({ handle, text }) => ({ ...handleView(handle), handle: text }),
})

export const list = endpoint({
  summary: 'List handles, newest first',
  description: 'An agent sees those of its leases. What a handle is made of is never told again.',
  query: listHandlesQuery,
  answer: handlePageOut,
  refusals: ['not_found'],
  act: (world, { caller, query }) => {
    const { lease_id: lease, limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listHandles(world, caller, { lease, page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(handleView), cursor }),
})

export const revoke = endpoint({
  summary: 'Take a handle back',
  description: 'In force when this answers (I9): nothing starts with it any more.',
  params: handleParams,
  body: revokeHandleBody,
  answer: handleOut,
  refusals: ['not_found'],
  act: (world, { caller, params, body }) =>
    revokeHandle(world, caller, { handle: params.id, reason: body.reason }),
  view: handleView,
})
