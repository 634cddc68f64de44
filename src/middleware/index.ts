/** `writ/middleware`: admission inside a service of one's own, for Hono on Node. */
export { createAdmission, type EnforcementPoint } from '../admission/admit.ts'
export type { Admit, Admitted, PeerIdentity, Presentation } from '../admission/ports.ts'
export {
  createRemoteAdmission,
  type PostToAuthority,
  type RemoteAnswer,
} from '../admission/remote.ts'
export type { Decision, Guard, Mode } from './guard.ts'
export {
  createWrit,
  type HonoWrit,
  type ProtectedEnv,
  type Protection,
  peerOfConnection,
  protect,
} from './hono.ts'
export type { PointIdentity, WritSettings } from './settings.ts'
