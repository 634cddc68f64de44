import { problemOf } from '../../admission/problem.ts'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import { decideAlike, decideApproval } from '../../usecases/approvals/decide-approval.ts'
import { followApprovals } from '../../usecases/approvals/follow-approvals.ts'
import { listApprovals, readApproval } from '../../usecases/approvals/read-approvals.ts'
import { endpoint } from '../endpoint.ts'
import {
  approvalOut,
  approvalPageOut,
  approvalParams,
  approvalStreamOut,
  decideAlikeBody,
  decideApprovalBody,
  decidedAlikeOut,
  listApprovalsQuery,
  streamApprovalsQuery,
} from '../schemas/approvals.ts'
import { approvalView } from '../views/approvals.ts'

export const list = endpoint({
  summary: 'List approvals, newest first',
  description: 'An owner sees those it may decide, an operator all, an agent those it asked for.',
  query: listApprovalsQuery,
  answer: approvalPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { open, limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listApprovals(world, caller, { open: open === 'true', page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(approvalView), cursor }),
})

export const read = endpoint({
  summary: 'Read one approval and its state now',
  description:
    'With everything that a person has to see before deciding, and the digest that names it.',
  params: approvalParams,
  answer: approvalOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readApproval(world, caller, params),
  view: approvalView,
})

export const approve = endpoint({
  summary: 'Say yes to exactly what was shown',
  description: 'For the owner of the tree, and other owners where more than one has to say yes.',
  params: approvalParams,
  body: decideApprovalBody,
  answer: approvalOut,
  refusals: ['not_found', 'conflict'],
  act: (world, { caller, params, body }) =>
    decideApproval(world, caller, { ...params, ...body, yes: true }),
  view: approvalView,
})

export const deny = endpoint({
  summary: 'Say no; one is enough, and it is final',
  description: 'The digest names what was shown. Nothing that was asked for happens.',
  params: approvalParams,
  body: decideApprovalBody,
  answer: approvalOut,
  refusals: ['not_found', 'conflict'],
  act: (world, { caller, params, body }) =>
    decideApproval(world, caller, { ...params, ...body, yes: false }),
  view: approvalView,
})

export const decide = endpoint({
  summary: 'Decide look-alikes at once',
  description:
    'Each is named with the digest it was shown with, and is a decision and a record of its own. ' +
    'They may differ in the last segment and the query of the pinned URL alone.',
  body: decideAlikeBody,
  answer: decidedAlikeOut,
  refusals: ['not_found', 'conflict'],
  act: async (world, { caller, body }) => {
    const { approvals, decision } = body
    const decided = await decideAlike(world, caller, { approvals, yes: decision === 'approve' })
    return decided.ok ? accept({ items: decided.value, request: caller.request }) : decided
  },
  view: ({ items, request }) => ({
    items: items.map(({ id, outcome }) => {
      if (outcome.ok) return { ok: true as const, approval: approvalView(outcome.value) }
      const problem = problemOf(outcome.refusal, request)
      return { ok: false as const, id, problem: { ...problem, reasons: [...problem.reasons] } }
    }),
  }),
})

const NUMBER = /^(0|[1-9]\d{0,14})$/
const NO_NUMBER = {
  pointer: '',
  code: 'malformed',
  detail: 'Last-Event-ID is the number of an event.',
} as const

export const stream = endpoint({
  summary: 'Follow approvals as they are asked for, decided, used and void',
  description: 'Server-sent events, for owners, operators and the agent that waits.',
  query: streamApprovalsQuery,
  answer: approvalStreamOut,
  mediaType: 'text/event-stream',
  refusals: [],
  deadline: false,
  act: async (world, { caller, query, connection }) => {
    const { lastEventId, stillMay } = connection
    const after = lastEventId ?? query.after ?? '0'
    if (!NUMBER.test(after)) return refuse('malformed', {}, [NO_NUMBER])
    const tell = (now: Parameters<typeof approvalView>[0]) => JSON.stringify(approvalView(now))
    const follow = query.follow !== 'false'
    return followApprovals(world, caller, { after: Number(after), follow, stillMay, tell })
  },
  view: (events) => events,
})
