/** `writ/middleware`: admission inside a service of one's own. */
export { createAdmission, type EnforcementPoint } from '../admission/admit.ts'
export type { Admit, Admitted, PeerIdentity, Presentation } from '../admission/ports.ts'
export {
  createRemoteAdmission,
  type PostToAuthority,
  type RemoteAnswer,
} from '../admission/remote.ts'
export { type ProtectedEnv, type Protection, protect } from './hono.ts'
export { peerOfConnection } from './peer.ts'
