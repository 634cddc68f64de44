import { depthOf, type Lease, type LeaseState } from '../../domain/lease.ts'
import { LEASE_CUMULATIVE_SECONDS_MAX, LEASE_RENEWALS_MAX } from '../../domain/limits.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { CdpGrant, ProxyGrant } from '../../usecases/cdp/request-lease.ts'
import type { SignedToken } from '../../usecases/tokens/sign-claims.ts'
import { toCdpScope } from './scope.ts'

/** RFC 3339 in UTC. */
export function timeText(at: EpochSeconds): string {
  return new Date(at * 1_000).toISOString()
}

/** A grant in the members of the specification and those of the SDKs together (CDPX-10). */
export function grantView(grant: CdpGrant, now: EpochSeconds) {
  const { lease } = grant
  const ttlSeconds = lease.expiresAt - now
  const scope = toCdpScope(lease.scope, ttlSeconds)
  const common = {
    status: 'granted',
    lease_id: lease.id,
    expires_at: timeText(lease.expiresAt),
    ttl_seconds: ttlSeconds,
    granted_scope: scope,
  }
  if (grant.kind === 'token') return { ...common, ...tokenView(grant.token) }
  const { hosts, methods, paths, max_requests } = scope
  return {
    ...common,
    ...proxyView(grant.proxy),
    constraints: {
      max_requests,
      max_renewals: LEASE_RENEWALS_MAX,
      max_cumulative_ttl_seconds: LEASE_CUMULATIVE_SECONDS_MAX,
      allowed_hosts: hosts,
      allowed_methods: methods,
      allowed_paths: paths,
    },
  }
}

function proxyView({ leaseToken, binding, url, port, route }: ProxyGrant) {
  return {
    proxy: {
      type: 'http',
      url: `${url}/cdp/proxy`,
      base_url: `${url}/proxy/${route}`,
      lease_token: leaseToken,
      channel_binding_nonce: binding,
    },
    proxy_port: port,
    lease_token: leaseToken.slice('cdp_lt_'.length),
    channel_binding_nonce: binding,
  }
}

/** CDPX-30. */
function tokenView({ token, claims }: SignedToken) {
  const { hosts, methods, paths } = toCdpScope(claims.scope, 0)
  const scopes = methods.flatMap((method) =>
    hosts.flatMap((host) => paths.map((path) => `${method} ${host}${path}`)),
  )
  return {
    token: {
      format: 'jwt',
      value: token,
      expires_at: timeText(claims.expiresAt),
      single_use: true,
      jti: claims.jti,
    },
    constraints: { audience: claims.audience, scopes, max_requests: 1 },
  }
}

/** What CDP calls the states of a lease (CDPX-15); ours stands beside it. */
const STATUS: Readonly<Record<LeaseState, string>> = {
  live: 'active',
  revoked: 'revoked',
  suspended: 'revoked',
  released: 'revoked',
  expired: 'expired',
  exhausted: 'expired',
}

/** The facts of a lease under the names of CDPX-14. Its children and its pins are not told here. */
export function statusView(
  { lease, state }: { readonly lease: Lease; readonly state: LeaseState },
  now: EpochSeconds,
) {
  const { scope } = lease
  return {
    lease_id: lease.id,
    status: STATUS[state],
    state,
    expires_at: timeText(lease.expiresAt),
    parent_lease_id: lease.parentId,
    delegation_depth: depthOf(lease),
    delegation_allowed: scope.delegation.allowed,
    delegation_max_depth: scope.delegation.allowed ? scope.limits.max_depth : null,
    renewals_used: lease.renewals,
    cumulative_ttl_seconds: lease.grantedSeconds,
    requests_used: lease.usesSpent,
    granted_scope: toCdpScope(scope, Math.max(0, lease.expiresAt - now)),
  }
}
