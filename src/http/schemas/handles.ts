import { z } from '@hono/zod-openapi'
import { parseHandleId } from '../../domain/ids.ts'
import { HANDLE_ADDRESSES_MAX } from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'
import { reasonText, words } from '../../listener/words.ts'
import {
  certificateThumbprint,
  leaseId,
  leaseIdOut,
  pageOf,
  pageQuery,
  seconds,
  thumbprintOut,
  timeOut,
} from './common.ts'

const HANDLE_ID = { type: 'string', pattern: '^handle_[A-Za-z0-9_-]{21}[AQgw]$' } as const

export const handleParams = z.strictObject({
  id: textAs(parseHandleId, 'This is no id of a handle.').openapi(HANDLE_ID),
})

export const createHandleBody = z
  .strictObject({
    lease_id: leaseId,
    label: words(100).min(1).openapi({ description: 'What people know it by.' }),
    ttl_seconds: seconds.optional(),
    certificate: certificateThumbprint.optional(),
    addresses: z
      .array(z.string().max(64))
      .min(1)
      .max(HANDLE_ADDRESSES_MAX)
      .optional()
      .openapi({
        description: 'Only from there; without it from anywhere.',
        example: ['10.1.0.0/16'],
      }),
  })
  .openapi('CreateHandle')

export const listHandlesQuery = z.strictObject({ lease_id: leaseId.optional(), ...pageQuery })

export const revokeHandleBody = z.strictObject({ reason: reasonText }).openapi('RevokeHandle')

const HANDLE = {
  id: z.string().openapi(HANDLE_ID),
  lease_id: leaseIdOut,
  label: z.string(),
  certificate: thumbprintOut.nullable(),
  addresses: z.array(z.string()),
  created_by: z.string(),
  created_at: timeOut,
  expires_at: timeOut,
  revoked_at: timeOut.nullable(),
}

export const handleOut = z.strictObject(HANDLE).openapi('Handle')
export const createdHandleOut = z
  .strictObject({
    ...HANDLE,
    handle: z.string().openapi({ description: 'The bearer text. Shown this once.' }),
  })
  .openapi('CreatedHandle')
export const handlePageOut = pageOf(handleOut, 'HandlePage')
