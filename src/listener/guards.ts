import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Caller } from '../usecases/caller.ts'

/** Who may ask at all. What a caller may see of it is for the use-case to say. */
export type Who = readonly Caller['kind'][]

/** The person who is accountable. */
export const OWNER: Who = ['owner']
/** Whoever governs the tenant by bearer token. */
export const PEOPLE: Who = ['owner', 'operator']
/** Whoever holds leases. */
export const AGENT: Who = ['agent']
/** Whoever holds the token of an open invitation. */
export const NEWCOMER: Who = ['newcomer']
/** Whoever registered and waits for its certificate. */
export const REGISTRANT: Who = ['registrant']
/** Whoever redeems for others. */
export const ENFORCEMENT: Who = ['enforcement']
/** Whoever may settle what calls cost: who redeemed them, and whoever governs. */
export const SETTLERS: Who = ['enforcement', 'owner', 'operator']
/** Whoever has to know at once what is revoked. */
export const WATCHERS: Who = ['enforcement', 'owner', 'operator']
/** Whoever comes with a certificate. */
export const PEERS: Who = ['agent', 'enforcement']
/** Whoever may see leases: holders, and whoever governs. */
export const HOLDERS: Who = ['agent', 'owner', 'operator']
/** Everybody with a credential that lasts. */
export const ANYONE: Who = ['agent', 'enforcement', 'owner', 'operator']

/** Whoever sends evidence: also one on the way in. */
export const ATTESTERS: Who = ['agent', 'enforcement', 'owner', 'operator', 'newcomer']

/** Refuses `forbidden` unless the caller's kind is among `who`. */
export function guard(caller: Caller, who: Who): Result<void> {
  return who.includes(caller.kind) ? accept(undefined) : refuse('forbidden', { kind: caller.kind })
}
