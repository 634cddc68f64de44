import type { z } from '@hono/zod-openapi'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import type { Revocation } from '../../domain/revocation.ts'
import { liftSuspension, listRevocations, recordRevocation } from '../../usecases/revoke.ts'
import { endpoint } from '../endpoint.ts'
import { nothing } from '../schemas/common.ts'
import {
  listRevocationsQuery,
  recordedRevocationOut,
  recordRevocationBody,
  type revocationOut,
  revocationPageOut,
  revocationParams,
} from '../schemas/revocations.ts'
import { timeText } from '../views/time.ts'

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
  query: listRevocationsQuery,
  answer: revocationPageOut,
  refusals: [],
  act: (world, { caller, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return listRevocations(world, caller, { page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({ items: items.map(revocationView), cursor }),
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
