import { TLSSocket } from 'node:tls'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { type Clock, epochSeconds } from '../domain/time.ts'
import type { GatewaySetup } from '../gateway/gateway.ts'
import { createProofNonces } from '../gateway/proof-nonces.ts'
import type { GatewayPeer } from '../gateway/run-call.ts'
import type { Config, ListenAddress } from '../settings/config.ts'
import type { PeerOf } from './peers.ts'

/** Where a listener for proven keys is to be; undefined for none. */
export function provenAt(config: Config): ListenAddress | undefined {
  const at = config['listeners.dpop']
  return at === 'off' ? undefined : at
}

/** What both listeners of tokens say of proofs. */
export function proofTerms(config: Config, clock: Clock): Pick<GatewaySetup, 'proofNonces'> {
  return config['gateway.dpop_nonce'] ? { proofNonces: createProofNonces(clock) } : {}
}

/** What sets the listener for proven keys apart: nobody has to show a certificate. */
export function provenListener(
  tls: Exclude<GatewaySetup['tls'], 'plain'>,
  peerOf: PeerOf,
): Pick<GatewaySetup, 'tls' | 'identify' | 'challenge'> {
  return {
    tls: { ...tls, rejectUnauthorized: false },
    challenge: 'DPoP',
    identify: (socket) => peerOrNobody(socket, peerOf),
  }
}

const NO_END = epochSeconds(Number.MAX_SAFE_INTEGER)

/**
 * Who a connection names. Nobody where no certificate was shown: a token says who speaks, and has
 * to be bound to a key. A certificate that was shown has to be good.
 */
function peerOrNobody(socket: TLSSocket, peerOf: PeerOf): Result<GatewayPeer> {
  if (!(socket instanceof TLSSocket)) return refuse('unauthenticated')
  if (socket.getPeerX509Certificate() === undefined) return accept({ notAfter: NO_END })
  return peerOf(socket)
}
