import { rootOf } from '../../domain/lease.ts'
import { accept, type Result } from '../../domain/result.ts'
import { askAndWait } from '../../usecases/cdp/await-consent.ts'
import {
  type CdpGrant,
  grantProxy,
  grantToken,
  requestLease,
  requireProxy,
} from '../../usecases/cdp/request-lease.ts'
import { createDelegation } from '../../usecases/delegations/create-delegation.ts'
import { redeemDelegation } from '../../usecases/delegations/redeem-delegation.ts'
import { readLease } from '../../usecases/leases/read-lease.ts'
import { renewLease } from '../../usecases/leases/renew-lease.ts'
import { revokeLease } from '../../usecases/revocations/revoke.ts'
import { type CdpCall, cdpMethod } from './asked.ts'
import {
  delegateParams,
  leaseRequestParams,
  redeemParams,
  renewParams,
  revokeParams,
  statusParams,
} from './params.ts'
import { toCdpScope, toScopeRequest } from './scope.ts'
import { grantView, statusView, timeText } from './views.ts'

/** Local agents call through the proxy; remote ones get a token for one call (CDPX-29). */
function modeOf(call: CdpCall, mode: 'http_proxy' | 'token' | undefined): 'proxy' | 'token' {
  const usual = call.end.transport === 'local' ? 'http_proxy' : 'token'
  return (mode ?? usual) === 'http_proxy' ? 'proxy' : 'token'
}

function told(call: CdpCall, grant: Result<CdpGrant>): Result<unknown> {
  if (!grant.ok) return grant
  call.end.follow(grant.value.lease)
  return accept(grantView(grant.value, call.world.store.now()))
}

/** `cdp.lease.request`: a root lease, and the one way to use it. */
export const request = cdpMethod({
  names: ['cdp.lease.request', 'cdp.requestCredential'],
  params: leaseRequestParams,
  run: async (call, params) => {
    const { credential_ref: credentialRef, audience, reason, approval, scope: asked } = params
    const scope = toScopeRequest(asked)
    if (!scope.ok) return scope
    const input = {
      mode: modeOf(call, params.mode),
      credentialRef,
      audience,
      scope: scope.value,
      hosts: asked.hosts,
      ttlSeconds: asked.ttl_seconds ?? undefined,
      reason,
      approval: approval ?? undefined,
    }
    return told(call, await requestLease(call.world, call.caller, input, call))
  },
})

/** `cdp.lease.redeem`, a word of ours: the named delegate takes up what was passed on to it. */
export const redeem = cdpMethod({
  names: ['cdp.lease.redeem'],
  params: redeemParams,
  run: async (call, params) => {
    const { world, caller, gate } = call
    const mode = modeOf(call, params.mode)
    const served = requireProxy(gate, mode)
    if (!served.ok) return served
    const born = await redeemDelegation(world, caller, { token: params.delegation_token })
    if (!born.ok) return born
    const lease = born.value
    const resource = lease.scope.audiences[0] ?? ''
    const route = world.catalog.routes.find((one) => one.resource === resource)?.name ?? ''
    const grant =
      mode === 'proxy'
        ? await grantProxy(world, caller, gate, { lease, route })
        : await grantToken(world, caller, { lease, audience: resource })
    return told(call, grant)
  },
})

/** `cdp.lease.renew`: some seconds more than it has, within every bound of renewals. */
export const renew = cdpMethod({
  names: ['cdp.lease.renew', 'cdp.renewLease'],
  params: renewParams,
  run: async (call, { lease_id: id, extend_seconds: extend, approval }) => {
    const { world, caller } = call
    const found = await readLease(world, caller, { lease: id })
    if (!found.ok) return found
    const left = Math.max(0, found.value.lease.expiresAt - world.store.now())
    const renewed = await askAndWait(
      world,
      caller,
      (yes) =>
        renewLease(world, caller, {
          lease: id,
          ttlSeconds: left + extend,
          approval: yes ?? approval ?? undefined,
        }),
      call,
    )
    if (!renewed.ok) return renewed
    call.end.follow(renewed.value)
    const { expiresAt, renewals, grantedSeconds } = renewed.value
    return accept({
      lease_id: id,
      status: 'renewed',
      expires_at: timeText(expiresAt),
      ttl_seconds: expiresAt - world.store.now(),
      renewals_used: renewals,
      cumulative_ttl_seconds: grantedSeconds,
    })
  },
})

/** `cdp.lease.revoke`: with everything below it, in force when this answers (I9). */
export const revoke = cdpMethod({
  names: ['cdp.lease.revoke', 'cdp.revokeLease'],
  params: revokeParams,
  run: async ({ world, caller }, { lease_id: lease, reason = '' }) => {
    const revoked = await revokeLease(world, caller, { lease, reason })
    if (!revoked.ok) return revoked
    const { at } = revoked.value
    return accept({ lease_id: lease, status: 'revoked', revoked_at: timeText(at) })
  },
})

/** `cdp.lease.status`: for whoever may know of it. */
export const status = cdpMethod({
  names: ['cdp.lease.status'],
  params: statusParams,
  run: async ({ world, caller }, { lease_id: lease }) => {
    const found = await readLease(world, caller, { lease })
    return found.ok ? accept(statusView(found.value, world.store.now())) : found
  },
})

/**
 * `cdp.lease.delegate`: a narrower part for another agent, as a token that it alone redeems. No
 * child is born before it did (I1).
 */
export const delegate = cdpMethod({
  names: ['cdp.lease.delegate'],
  params: delegateParams,
  run: async (call, params) => {
    const { world, caller } = call
    const { lease_id: lease, delegate_to: to, scope: asked, reason, approval } = params
    const scope = toScopeRequest(asked)
    if (!scope.ok) return scope
    const ttl = asked.ttl_seconds
    const limits = { ...scope.value.limits, ...(ttl == null ? {} : { ttl_seconds: ttl }) }
    const made = await askAndWait(
      world,
      caller,
      (yes) =>
        createDelegation(world, caller, {
          lease,
          delegate: to,
          scope: { ...scope.value, limits },
          reason,
          approval: yes ?? approval ?? undefined,
        }),
      call,
    )
    if (!made.ok) return made
    const { token, claims } = made.value
    return accept({
      lease_id: lease,
      root_lease_id: rootOf(claims.lease.lineage),
      status: 'delegated',
      delegate_to: to,
      delegation_depth: claims.depth,
      delegation_token: token,
      expires_at: timeText(claims.expiresAt),
      granted_scope: toCdpScope(claims.scope, claims.scope.limits.ttl_seconds),
    })
  },
})
