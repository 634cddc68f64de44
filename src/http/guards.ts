import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Caller } from '../usecases/caller.ts'

/** Who may ask at all. What a caller may see of it is for the use-case to say. */
export type Who = readonly Caller['kind'][]

export const OWNER: Who = ['owner']
export const PEOPLE: Who = ['owner', 'operator']
export const AGENT: Who = ['agent']
export const ENFORCEMENT: Who = ['enforcement']
export const PEERS: Who = ['agent', 'enforcement']
export const HOLDERS: Who = ['agent', 'owner', 'operator']
export const ANYONE: Who = ['agent', 'enforcement', 'owner', 'operator']

/** Refuses `forbidden` unless the caller's kind is among `who`. */
export function guard(caller: Caller, who: Who): Result<void> {
  return who.includes(caller.kind) ? accept(undefined) : refuse('forbidden', { kind: caller.kind })
}
