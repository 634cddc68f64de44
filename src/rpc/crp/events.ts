import type { RefusalCode } from '../../domain/refusal.ts'
import type { Json } from '../../domain/scope/types.ts'

/** CRPX-16: the events a provider has to tell of. */
export type CrpEvent =
  | 'credential.resolved'
  | 'credential.denied'
  | 'credential.error'
  | 'lease.renewed'
  | 'lease.released'
  | 'lease.expired'
  | 'credential.revoked'

/** Outcomes that are nobody's no. */
const ERRORS: ReadonlySet<RefusalCode> = new Set([
  'credential_unavailable',
  'overloaded',
  'status_unknown',
  'fault',
])

/**
 * CRPX-16: what one call of a method is in the words of CRP; undefined for what CRP has no event
 * for, such as a list. The durable record is the one of the use-case, under our own names.
 */
export function crpEventOf(
  method: string,
  action: Json | undefined,
  refused: RefusalCode | undefined,
): CrpEvent | undefined {
  if (method === 'crp/list') return undefined
  if (refused === 'expired') return 'lease.expired'
  if (refused !== undefined) return ERRORS.has(refused) ? 'credential.error' : 'credential.denied'
  if (method === 'crp/revoke') return 'credential.revoked'
  if (method !== 'crp/lease') return 'credential.resolved'
  return action === 'release' ? 'lease.released' : 'lease.renewed'
}
