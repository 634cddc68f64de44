/** `writ/client`: an agent at its authority and at gateways, as a program uses it. */
export type { SealedText } from '../domain/sealed-text.ts'
export {
  type AgentIdentity,
  type AgentSettings,
  type CallToken,
  createAgent,
  type DelegateOrder,
  type Delegation,
  type MintOrder,
  type OpenOrder,
  type WritAgent,
} from './agent.ts'
export type { AskOptions, CallOptions } from './asking.ts'
export { type ClientErrorCode, type ClientErrorFacts, WritError } from './errors.ts'
export { type EnrollOrder, enroll } from './identity.ts'
export type { CallThrough, GatewayResponse } from './through-gateway.ts'
export type { ApprovalView } from './views/approvals.ts'
export type { LeaseView } from './views/leases.ts'
