import type { z } from '@hono/zod-openapi'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { accept } from '../../domain/result.ts'
import type { AuditRow } from '../../store/ports.ts'
import { exportAudit, readAudit, readCheckpoints, verifyAudit } from '../../usecases/audit.ts'
import { endpoint } from '../endpoint.ts'
import { streamLines } from '../lines.ts'
import {
  auditListOut,
  auditQuery,
  type auditRecordOut,
  checkpointPageOut,
  checkpointsQuery,
  exportOut,
  verdictOut,
} from '../schemas/audit.ts'
import { timeText } from '../views/time.ts'

function recordView(row: AuditRow): z.input<typeof auditRecordOut> {
  const { chain, sequence, previousHash, hash, body } = row
  return { chain, sequence, previous_hash: previousHash, hash, body }
}

export const list = endpoint({
  summary: 'Read audit records in the order of their chains',
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

export const checkpoints = endpoint({
  summary: 'List signed checkpoints, newest first',
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
  answer: exportOut,
  mediaType: 'application/jsonl',
  refusals: [],
  deadline: false,
  act: async (world, { caller }) =>
    accept(streamLines((write) => exportAudit(world, caller, { write }))),
  view: (stream) => stream,
})
