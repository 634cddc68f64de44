import type { Agent } from '../../domain/agent.ts'
import type { CertificateThumbprint } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { SCOPE_TYPE, type Scope } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { byPolicy, factsOf } from '../policies/ask-policy.ts'
import { tokenScope } from '../tokens/mint-tokens.ts'
import type { World } from '../world.ts'

/** A lease with what bounds it now. */
export interface HeldForLeash {
  readonly lease: Lease
  readonly lineage: readonly Lease[]
  readonly agent: Agent
  readonly contracts: readonly Scope[]
}

/**
 * What words of a leash may do: a word is a tool of the audience, by that very name, that the lease
 * grants; contracts and policies of now bound it as they bound a call token of the lease. What
 * would have to be asked of a person is refused `approval_required`: a leash is no single call.
 * Refusals: `scope_not_granted`, and those of minting.
 */
export function leashScope(
  world: World,
  { lease, lineage, agent, contracts }: HeldForLeash,
  asked: {
    readonly audience: string
    readonly words: readonly string[]
    readonly certificate: CertificateThumbprint
    readonly at: EpochSeconds
  },
): Result<Scope> {
  const { audience, words, certificate, at } = asked
  const { grants } = lease.scope
  const covers = (word: string) =>
    grants.filter((one) => one.type === 'tool' && one.server === audience && one.tool === word)
  const missing = words.findIndex((word) => covers(word).length === 0)
  if (missing !== -1) {
    const detail = 'The lease grants no tool of this name at the audience.'
    const reason = { pointer: `/scope/${missing}`, code: 'not_granted', detail }
    return refuse('scope_not_granted', {}, [reason])
  }
  const policy = { action: 'token.mint', ...factsOf({ agent, certificate, lineage, at }) } as const
  const scope = { type: SCOPE_TYPE, grants: words.flatMap(covers) } as const
  const granted = tokenScope(
    world,
    { lease, agent, contracts, policy },
    { audience, count: 1, scope },
  )
  if (!granted.ok) return granted
  const ask = byPolicy(granted.value.verdict) !== undefined
  return ask ? refuse('approval_required') : accept(granted.value.scope)
}
