import type { z } from '@hono/zod-openapi'
import { handlingWords } from '../../admission/handling.ts'
import type { Admitted } from '../../admission/ports.ts'
import { rateText } from '../../admission/rate-headers.ts'
import { timeText } from '../../listener/time-text.ts'
import type { REDEEMED } from '../schemas/redeemed.ts'

/** An admitted call, and its receipt unless none could be signed. */
export interface Redeemed {
  readonly admitted: Admitted
  readonly receipt: string | undefined
}

type View = { [Name in keyof typeof REDEEMED]: z.input<(typeof REDEEMED)[Name]> }

/** What an enforcement point has to know of a call it may let through. */
export function redeemedView({ admitted, receipt }: Redeemed): View {
  const { record, leaseEndsAt, subjects, reserved = [], rate, obligations } = admitted
  return {
    record: { chain: record.chain, sequence: record.sequence },
    lease_ends_at: timeText(leaseEndsAt),
    subjects: [...subjects],
    reserved: [...reserved],
    rate: rate === undefined ? null : rateText(rate),
    response_handling: [...handlingWords(obligations)],
    receipt: receipt ?? null,
  }
}
