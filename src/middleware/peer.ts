import { TLSSocket } from 'node:tls'
import type { Context } from 'hono'
import type { PeerIdentity } from '../admission/ports.ts'
import { refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import { peerIdentity } from '../pki/peer-identity.ts'
import { systemClock } from '../system.ts'
import type { ProtectedEnv } from './hono.ts'

/**
 * Who is at the other end, for a service on Node whose own listener asks for client certificates
 * (I8). Asked on every request, since resumption and keep-alive outlive a certificate. Refusals:
 * `unauthenticated`, `certificate_expired`.
 */
export function peerOfConnection(
  trustDomain: string,
): (context: Context<ProtectedEnv>) => Result<PeerIdentity> {
  return (context) => {
    const { socket } = context.env.incoming
    if (!(socket instanceof TLSSocket)) return refuse('unauthenticated')
    return peerIdentity(socket, { trustDomain, now: systemClock.now() })
  }
}
