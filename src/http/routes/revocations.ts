import type { z } from '@hono/zod-openapi'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import type { Revocation } from '../../domain/revocation.ts'
import { timeText } from '../../listener/time-text.ts'
import { followRevocations } from '../../usecases/revocations/follow-revocations.ts'
import { previewSubject } from '../../usecases/revocations/preview-subject.ts'
import {
  liftSuspension,
  listRevocations,
  recordRevocation,
} from '../../usecases/revocations/revoke.ts'
import { endpoint } from '../endpoint.ts'
import { nothing } from '../schemas/common.ts'
import {
  feedOut,
  feedQuery,
  listRevocationsQuery,
  previewQuery,
  recordedRevocationOut,
  recordRevocationBody,
  type revocationOut,
  revocationPageOut,
  revocationParams,
  subjectPreviewOut,
} from '../schemas/revocations.ts'

/** Names of holders in a preview: for people to read. */
const HOLDERS_TOLD = 100

function revocationView(row: Revocation): z.input<typeof revocationOut> {
  return { subject: row.subject, effect: row.effect, reason: row.reason, at: timeText(row.at) }
}

export const record = endpoint({
  summary: 'Revoke or suspend a subject',
  description: 'In force when this answers (I9). Asking again changes nothing.',
  body: recordRevocationBody,
  status: 201,
  answer: recordedRevocationOut,
  refusals: [],
  act: (world, { caller, body }) => recordRevocation(world, caller, body),
  view: ({ revocation, record: { chain, sequence } }) => ({
    ...revocationView(revocation),
    record: { chain, sequence },
  }),
})

export const list = endpoint({
  summary: 'List what is revoked or suspended',
  description: 'By subject, with the words of who did it.',
  query: listRevocationsQuery,
  answer: revocationPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listRevocations(world, caller, { page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(revocationView), cursor }),
})

export const preview = endpoint({
  summary: 'Preview what a revocation of an agent, a lease or a label would end',
  description: 'A count at this moment. Other subjects can not be counted before.',
  query: previewQuery,
  answer: subjectPreviewOut,
  refusals: ['not_found'],
  deadline: false,
  act: (world, { caller, query }) => previewSubject(world, caller, query),
  view: ({ leases, live, holders, whole }) => {
    return { leases, live, holders: holders.slice(0, HOLDERS_TOLD), whole }
  },
})

const HEAD = /^(0|[1-9]\d{0,14})$/
const NO_HEAD = {
  pointer: '',
  code: 'malformed',
  detail: 'Last-Event-ID is the number of a head.',
} as const

export const feed = endpoint({
  summary: 'Follow what changes in what is revoked, released and contracted',
  description:
    'Signed frames as server-sent events: a snapshot first, then changes as they commit, and a ' +
    'heartbeat when nothing happens. See docs/subjects/revocation-feed.md.',
  query: feedQuery,
  answer: feedOut,
  mediaType: 'text/event-stream',
  refusals: [],
  deadline: false,
  act: async (world, { caller, query, connection }) => {
    const { lastEventId, stillMay, cut } = connection
    const after = lastEventId ?? query.after ?? '0'
    if (!HEAD.test(after)) return refuse('malformed', {}, [NO_HEAD])
    const follow = query.follow !== 'false'
    return followRevocations(world, caller, { after: Number(after), follow, stillMay, cut })
  },
  view: (stream) => stream,
})

export const lift = endpoint({
  summary: 'End a suspension',
  description: 'A revocation is final and can not be lifted.',
  params: revocationParams,
  status: 204,
  answer: nothing,
  refusals: ['not_found'],
  act: (world, { caller, params }) => liftSuspension(world, caller, params),
  view: () => undefined,
})
