/**
 * Every number that bounds something, with its reason. Configuration may lower a limit, never raise
 * it. Relations between limits are asserted by test/domain/limits.test.ts.
 */

export * from './limits/aat.ts'
export * from './limits/actions.ts'
export * from './limits/alerts.ts'
export * from './limits/api.ts'
export * from './limits/approvals.ts'
export * from './limits/attestation.ts'
export * from './limits/audit.ts'
export * from './limits/connector.ts'
export * from './limits/console.ts'
export * from './limits/core.ts'
export * from './limits/credentials.ts'
export * from './limits/enrollment.ts'
export * from './limits/feed.ts'
export * from './limits/gateway.ts'
export * from './limits/handles.ts'
export * from './limits/injection.ts'
export * from './limits/oauth.ts'
export * from './limits/policy.ts'
export * from './limits/prices.ts'
export * from './limits/proofs.ts'
export * from './limits/rates.ts'
export * from './limits/rpc.ts'
export * from './limits/streams.ts'
export * from './limits/watch.ts'
