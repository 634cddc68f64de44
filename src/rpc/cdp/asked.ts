import type { z } from 'zod'
import type { RequestId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AgentCaller } from '../../usecases/caller.ts'
import { agentFingerprint } from '../../usecases/cdp/agent-fingerprint.ts'
import type { CdpGate } from '../../usecases/cdp/cdp-gate.ts'
import { requireFresh } from '../../usecases/cdp/require-fresh.ts'
import type { World } from '../../usecases/world.ts'
import { type RpcMethod, rpcMethod } from '../envelope.ts'
import type { Common, Registration } from './params.ts'

/** The other end of a call, and what proves who is there. */
export interface CdpEnd {
  readonly transport: 'remote' | 'local'
  /** Sessions count on this connection alone; undefined: with the certificate, on any. */
  readonly connection: Uint8Array | undefined
  readonly address: string | undefined
  /** Who is there, asked anew for each call; `unauthenticated` before it is known. */
  caller(): Promise<Result<AgentCaller>>
  /** Proves who is there, from what a registration brings and the connection shows. */
  prove(registration: Registration): Promise<Result<AgentCaller>>
  /** From now on this end is the agent's: the registration stands. */
  registered(caller: AgentCaller): void
  /** Tells of the end of a lease where this end can be told. */
  follow(lease: Lease): void
}

/** What a method of this face answers from. */
export interface CdpAsked {
  readonly world: World
  readonly gate: CdpGate
  readonly end: CdpEnd
  readonly request: RequestId
  /** Ends the waiting for people. */
  readonly signal: AbortSignal
  /** Refuses `rate_limited`; asked before each further call of a batch. */
  readonly again: () => Promise<Result<void>>
  readonly fault: (error: unknown) => void
}

/** A call of a registered agent, which is of now and was not seen before. */
export type CdpCall = CdpAsked & { readonly caller: AgentCaller }

/**
 * A method under each of its names. Who asks is proven by the connection; the session has to be of
 * that agent and connection, the request of now and new, and then the method runs.
 */
export function cdpMethod<P extends z.ZodType<Common>>(shape: {
  readonly names: readonly string[]
  readonly params: P
  readonly run: (call: CdpCall, params: z.output<P>) => Promise<Result<unknown>>
}): readonly RpcMethod<CdpAsked>[] {
  const run = async (asked: CdpAsked, params: z.output<P>): Promise<Result<unknown>> => {
    const caller = await requireSession(asked, params.session_token)
    if (!caller.ok) return caller
    const fresh = await requireFresh(asked.world, caller.value, params)
    return fresh.ok ? await shape.run({ ...asked, caller: caller.value }, params) : fresh
  }
  return shape.names.map((name) => rpcMethod({ name, params: shape.params, run }))
}

/** Unknown, foreign and missing sessions look alike: `unauthenticated`. */
async function requireSession(
  { world, gate, end }: CdpAsked,
  session: string | undefined,
): Promise<Result<AgentCaller>> {
  const caller = await end.caller()
  if (!caller.ok) return caller
  const { tenant, uri } = caller.value
  const agent = await world.store.read((reads) => reads.agent(tenant, uri))
  if (agent === undefined || session === undefined) {
    return refuse('unauthenticated', { session: 'none' })
  }
  const { bytes } = agentFingerprint(agent, caller.value)
  return gate.isSession(session, bytes, end.connection)
    ? accept(caller.value)
    : refuse('unauthenticated', { session: 'not of this agent and connection' })
}
