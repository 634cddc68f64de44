import type { z } from '@hono/zod-openapi'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import type { AuditRow } from '../../store/ports.ts'
import { followActivity } from '../../usecases/audit/follow-activity.ts'
import type { TrailPlace } from '../../usecases/audit/newest-first.ts'
import {
  exportAudit,
  readAudit,
  readCheckpoints,
  verifyAudit,
} from '../../usecases/audit/read-audit.ts'
import { readAuditRecord } from '../../usecases/audit/read-record.ts'
import { searchAudit } from '../../usecases/audit/search-audit.ts'
import { endpoint } from '../endpoint.ts'
import { streamLines } from '../lines.ts'
import {
  activityOut,
  activityQuery,
  auditListOut,
  auditQuery,
  type auditRecordOut,
  checkpointPageOut,
  checkpointsQuery,
  exportOut,
  foundOut,
  recordNowOut,
  recordParams,
  searchQuery,
  trailPlace,
  verdictOut,
} from '../schemas/audit.ts'

function recordView(row: AuditRow): z.input<typeof auditRecordOut> {
  const { chain, sequence, previousHash, hash, body } = row
  return { chain, sequence, previous_hash: previousHash, hash, body }
}

export const list = endpoint({
  summary: 'Read audit records in the order of their chains',
  description: 'As they were written, with the hash of the record before.',
  query: auditQuery,
  answer: auditListOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { chain, after: sequence, limit = PAGE_ROWS_DEFAULT } = query
    const after = {
      ...(chain === undefined ? {} : { chain }),
      ...(sequence === undefined ? {} : { sequence }),
    }
    return readAudit(world, caller, { after, limit })
  },
  view: (rows) => ({ items: rows.map(recordView) }),
})

export const search = endpoint({
  summary: 'Search the audit trail, newest first',
  description:
    'Over the chains of all processes. An answer comes after a second of looking at the latest, ' +
    'maybe with less than was asked for; the cursor goes on from there.',
  query: searchQuery,
  answer: foundOut,
  refusals: [],
  deadline: false,
  act: (world, { caller, query }) => {
    const { cursor: after, limit = PAGE_ROWS_DEFAULT, ...filter } = query
    return searchAudit(world, caller, { filter, after, limit })
  },
  view: ({ rows, next, looked }) => ({
    items: rows.map(recordView),
    cursor: next && placeText(next),
    looked_at: looked,
  }),
})

export const readRecord = endpoint({
  summary: 'Read one audit record and how it stands in its chain',
  description: 'Looks whether it is linked to the one before and under which checkpoint it lies.',
  params: recordParams,
  answer: recordNowOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readAuditRecord(world, caller, params),
  view: ({ row, linked, checkpoint }) => ({
    record: recordView(row),
    linked,
    checkpoint: checkpoint && { number: checkpoint.number, at: timeText(checkpoint.at) },
  }),
})

const NO_PLACE = {
  pointer: '',
  code: 'malformed',
  detail: 'Last-Event-ID is a place in the trail.',
} as const

export const stream = endpoint({
  summary: 'Follow what is decided, as it is recorded',
  description: 'Server-sent events, for owners and operators. A record may be told twice.',
  query: activityQuery,
  answer: activityOut,
  mediaType: 'text/event-stream',
  refusals: [],
  deadline: false,
  act: async (world, { caller, query, connection }) => {
    const { lastEventId, stillMay } = connection
    const seen = lastEventId === undefined ? undefined : trailPlace.safeParse(lastEventId)
    if (seen?.success === false) return refuse('malformed', {}, [NO_PLACE])
    return followActivity(world, caller, {
      after: seen?.data ?? query.after,
      follow: query.follow !== 'false',
      stillMay,
      placeText,
      tell: (row) => JSON.stringify(recordView(row)),
    })
  },
  view: (events) => events,
})

function placeText({ time, chain, sequence }: TrailPlace): string {
  return `${time}.${chain}.${sequence}`
}

export const checkpoints = endpoint({
  summary: 'List signed checkpoints, newest first',
  description: 'Each signs the heads of all chains at one moment.',
  query: checkpointsQuery,
  answer: checkpointPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return readCheckpoints(world, caller, { page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({
    items: items.map(({ number, at, jws }) => ({ number, at: timeText(at), jws })),
    cursor,
  }),
})

export const verify = endpoint({
  summary: 'Verify the whole audit trail',
  description: 'Reads everything, so it takes a while.',
  answer: verdictOut,
  refusals: [],
  deadline: false,
  act: (world, { caller }) => verifyAudit(world, caller),
  view: (verdict): z.input<typeof verdictOut> =>
    verdict.whole ? { ...verdict } : { whole: false, bad: { ...verdict.bad } },
})

export const exportTrail = endpoint({
  summary: 'Export the whole audit trail, to be verified elsewhere',
  description: 'JSON Lines, of all tenants, with what it takes to verify them.',
  answer: exportOut,
  mediaType: 'application/jsonl',
  refusals: [],
  deadline: false,
  act: async (world, { caller }) => {
    const whole = exportAudit(world, caller)
    if (!whole.ok) return whole
    return accept(streamLines(async (write) => accept(await whole.value(write))))
  },
  view: (stream) => stream,
})
