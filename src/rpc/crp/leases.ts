import { z } from 'zod'
import {
  CRP_AFFECTED_MAX,
  CRP_RENEWAL_GRACE_SECONDS,
  LEASE_TTL_SECONDS_DEFAULT,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import { readTree } from '../../usecases/leases/read-lease.ts'
import { releaseLease } from '../../usecases/leases/release-lease.ts'
import { renewLease } from '../../usecases/leases/renew-lease.ts'
import { revokeLease } from '../../usecases/revocations/revoke.ts'
import { rpcMethod } from '../envelope.ts'
import { type CrpAsked, orAwaiting, toldBy } from './asked.ts'
import { leaseView } from './entry-lease.ts'
import { approval, context, lease, ttl } from './params.ts'

const leaseParams = z.strictObject({
  leaseId: lease,
  action: z.enum(['renew', 'release']),
  ttl: ttl.optional(),
  context: context.optional(),
  approvalId: approval.optional(),
})

/**
 * CRPX-07, `crp/lease`: prolongs a lease or gives it back. A renewal is cut to what is allowed. A
 * root lease of a client on this machine may still be renewed CRP_RENEWAL_GRACE_SECONDS after its
 * end (CRPX-13); nothing is ever used after it.
 */
export const leaseMethod = rpcMethod<CrpAsked, typeof leaseParams>({
  name: 'crp/lease',
  params: leaseParams,
  async run({ world, caller, local }, given) {
    const { leaseId, action } = given
    const told = toldBy(null, given.context)
    if (action === 'release') {
      const released = await releaseLease(world, caller, { lease: leaseId, told })
      return released.ok ? accept({ released: true, leaseId }) : released
    }
    const renewed = orAwaiting(
      await renewLease(world, caller, {
        lease: leaseId,
        ttlSeconds: given.ttl ?? LEASE_TTL_SECONDS_DEFAULT,
        cut: true,
        graceSeconds: local ? CRP_RENEWAL_GRACE_SECONDS : 0,
        approval: given.approvalId,
        told,
      }),
    )
    if (!renewed.ok) return renewed
    const view = leaseView(renewed.value)
    return accept({ lease: { ...view, ttl: renewed.value.expiresAt - world.store.now() } })
  },
})

/** CRPX-08; any other reason is somebody's own words. */
const REASONS = [
  'credential_compromised',
  'policy_violation',
  'manual_revocation',
  'rotation',
] as const

const revokeParams = z.strictObject({
  leaseId: lease,
  reason: z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/)
    .default('manual_revocation'),
  detail: z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/)
    .optional(),
  context: context.optional(),
})

/**
 * CRPX-08, CRPX-33, `crp/revoke`: ends a lease and everything below it at once, and names what it
 * ended. The names are read afterwards and delay nothing (I9); of a large tree they are the first
 * CRP_AFFECTED_MAX, and `truncated` says so.
 */
export const revoke = rpcMethod<CrpAsked, typeof revokeParams>({
  name: 'crp/revoke',
  params: revokeParams,
  async run({ world, caller }, { leaseId, reason: said, detail, context: claims }) {
    const known = REASONS.find((reason) => reason === said)
    const reason = known ?? 'manual_revocation'
    const words = detail ?? (known === undefined ? said : undefined)
    const told = { ...toldBy(null, claims), ...(words === undefined ? {} : { detail: words }) }
    const revoked = await revokeLease(world, caller, { lease: leaseId, reason, told })
    if (!revoked.ok) return revoked
    const below = await readTree(world, caller, { lease: leaseId, limit: CRP_AFFECTED_MAX })
    if (!below.ok) return refuse('status_unknown')
    const { items, truncated } = below.value
    return accept({
      revoked: true,
      leaseId,
      revokedAt: timeText(revoked.value.at),
      affectedLeases: items.map((one) => one.lease.id),
      ...(truncated ? { truncated } : {}),
    })
  },
})
