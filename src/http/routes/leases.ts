import { PAGE_ROWS_DEFAULT, TREE_ROWS_MAX } from '../../domain/limits.ts'
import { timeText } from '../../listener/time-text.ts'
import { openLease } from '../../usecases/leases/open-lease.ts'
import { listChildren, listLeases, readLease, readTree } from '../../usecases/leases/read-lease.ts'
import { releaseLease } from '../../usecases/leases/release-lease.ts'
import { renewLease } from '../../usecases/leases/renew-lease.ts'
import { previewRevocation, revokeLease } from '../../usecases/revocations/revoke.ts'
import { endpoint } from '../endpoint.ts'
import {
  childPageOut,
  childrenQuery,
  leaseOut,
  leasePageOut,
  leaseParams,
  listLeasesQuery,
  openLeaseBody,
  renewLeaseBody,
  revokedLeaseOut,
  revokeLeaseBody,
  revokePreviewOut,
  treeOut,
  treeQuery,
} from '../schemas/leases.ts'
import { leaseView, liveLeaseView } from '../views/leases.ts'
import { ASKING, ATTESTATION, GRANTING, NOT_LIVE } from './refusals.ts'

export const open = endpoint({
  summary: 'Open a root lease within the contract',
  description:
    'The scope has to lie within the contract of the caller. Where terms or policies ask for ' +
    'a person, the answer is 202, and the same request with the approval opens it.',
  body: openLeaseBody,
  status: 201,
  answer: leaseOut,
  asks: true,
  refusals: [...GRANTING, ...ATTESTATION, ...ASKING],
  idempotency: 'replay',
  act: (world, { caller, body }) => {
    const { scope, ttl_seconds: ttlSeconds, reason, labels, approval } = body
    return openLease(world, caller, { scope, ttlSeconds, reason, labels, approval })
  },
  view: liveLeaseView,
})

export const list = endpoint({
  summary: 'List leases',
  description: 'An agent sees those it holds; owners and operators see all of the tenant.',
  query: listLeasesQuery,
  answer: leasePageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { holder, root, text, label, limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    const roots = query.roots === 'true'
    const filter = { holder, root, roots, text, label }
    return listLeases(world, caller, { ...filter, page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(leaseView), cursor }),
})

export const read = endpoint({
  summary: 'Read one lease',
  description: 'With its state now: a lease lives while its whole lineage does (I6).',
  params: leaseParams,
  answer: leaseOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readLease(world, caller, { lease: params.id }),
  view: leaseView,
})

export const tree = endpoint({
  summary: 'Read a lease and everything below it, parents first',
  description: 'Up to a limit of rows; `truncated` says that there are more.',
  params: leaseParams,
  query: treeQuery,
  answer: treeOut,
  refusals: ['not_found'],
  deadline: false,
  act: (world, { caller, params, query }) => {
    const { limit = TREE_ROWS_MAX } = query
    return readTree(world, caller, { lease: params.id, limit })
  },
  view: ({ items, truncated }) => ({ items: items.map(leaseView), truncated }),
})

export const children = endpoint({
  summary: 'List the direct children of a lease',
  description: 'One level of a tree at a time, for trees too large to be read at once.',
  params: leaseParams,
  query: childrenQuery,
  answer: childPageOut,
  refusals: ['not_found'],
  act: (world, { caller, params, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listChildren(world, caller, { lease: params.id, page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({
    items: items.map((now) => ({ ...leaseView(now), children: now.children })),
    cursor,
  }),
})

export const renew = endpoint({
  summary: 'Prolong a live lease',
  description: 'Moves its end, within the lease above, the contract and the number of renewals.',
  params: leaseParams,
  body: renewLeaseBody,
  answer: leaseOut,
  asks: true,
  refusals: [
    'not_found',
    'renewal_exceeded',
    'not_narrower',
    'contract_expired',
    ...NOT_LIVE,
    ...ASKING,
  ],
  idempotency: 'replay',
  act: (world, { caller, params, body }) => {
    const { ttl_seconds: ttlSeconds, approval } = body
    return renewLease(world, caller, { lease: params.id, ttlSeconds, approval })
  },
  view: liveLeaseView,
})

export const release = endpoint({
  summary: 'Give a lease back',
  description: 'Final, and ends everything below it.',
  params: leaseParams,
  answer: leaseOut,
  refusals: ['not_found', ...NOT_LIVE],
  act: (world, { caller, params }) => releaseLease(world, caller, { lease: params.id }),
  view: (lease) => leaseView({ lease, state: 'released' }),
})

export const revoke = endpoint({
  summary: 'Revoke a lease and everything below it',
  description:
    'In force when this answers (I9). Takes as long for one lease as for a million: what it ' +
    'ended is told by revoke-preview, before and after.',
  params: leaseParams,
  body: revokeLeaseBody,
  answer: revokedLeaseOut,
  refusals: ['not_found'],
  act: (world, { caller, params, body }) =>
    revokeLease(world, caller, { lease: params.id, reason: body.reason }),
  view: ({ revocation, record }) => ({
    revoked_at: timeText(revocation.at),
    subject: revocation.subject,
    record: { chain: record.chain, sequence: record.sequence },
  }),
})

export const preview = endpoint({
  summary: 'Preview what a revocation would end',
  description: 'Counts the leases below, and names holders of some of them. Changes nothing.',
  params: leaseParams,
  answer: revokePreviewOut,
  refusals: ['not_found'],
  deadline: false,
  act: (world, { caller, params }) => previewRevocation(world, caller, { lease: params.id }),
  view: ({ leases, live, holders }) => ({ leases, live, holders: holders.slice(0, 100) }),
})
