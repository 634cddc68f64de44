import type { z } from '@hono/zod-openapi'
import type { Handle } from '../../domain/handle.ts'
import { timeText } from '../../listener/time-text.ts'
import type { handleOut } from '../schemas/handles.ts'

/** A handle without its digest: that is for the store alone. */
export function handleView(handle: Handle): z.input<typeof handleOut> {
  return {
    id: handle.id,
    lease_id: handle.lease,
    label: handle.label,
    certificate: handle.certificate,
    addresses: [...handle.addresses],
    created_by: handle.createdBy,
    created_at: timeText(handle.createdAt),
    expires_at: timeText(handle.expiresAt),
    revoked_at: handle.revokedAt === null ? null : timeText(handle.revokedAt),
  }
}
