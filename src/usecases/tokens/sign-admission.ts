import type { Admitted } from '../../admission/ports.ts'
import { rootOf } from '../../domain/lease.ts'
import { signReceipt } from '../../token/receipt.ts'
import type { World } from '../world.ts'

/** The signed receipt of a spent token; only signs, since the record was written before. */
export function signAdmission(world: World, admitted: Admitted): Promise<string> {
  const { claims, peer, record } = admitted
  return signReceipt(world.keys.active('receipt'), {
    issuer: world.issuer,
    issuedAt: world.clock.now(),
    jti: claims.jti,
    lease: claims.lease.id,
    root: rootOf(claims.lease.lineage),
    agent: claims.agent,
    ...(peer.certificate === undefined ? {} : { certificate: peer.certificate }),
    ...(peer.key === undefined ? {} : { key: peer.key }),
    record,
    outcome: 'allowed',
  })
}
