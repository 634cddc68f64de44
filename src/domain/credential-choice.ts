import type { Agent } from './agent.ts'
import { type Credential, isInjectable } from './credential.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'

/** A holder of the lineage, and the terms it is under now. */
type Holder = Pick<Agent, 'uri' | 'terms'>

/** What a call wants: a credential by name, to be sent to one origin. */
export interface WantedCredential {
  readonly name: string
  readonly environment: string
  readonly origin: string
}

/**
 * Whether every holder of the lineage may use credentials of this name and environment; says
 * nothing of whether there is one, nor of when a contract ends. Refuses `credential_not_permitted`.
 */
export function requireTerms(
  holders: readonly Holder[],
  wanted: Pick<WantedCredential, 'name' | 'environment'>,
): Result<void> {
  const { name, environment } = wanted
  for (const { uri: agent, terms } of holders) {
    const { categories, credentials, environments } = terms
    const named = credentials === 'any' || credentials.some((entry) => covers(entry, name))
    const placed = environments === 'any' || environments.includes(environment)
    if (categories.length > 0 && named && placed) continue
    return refuse('credential_not_permitted', { agent, credential: name, environment })
  }
  return accept(undefined)
}

/**
 * Whether this credential may go to this origin for all the holders. Refusals:
 * `credential_not_permitted` for its category or the origin, `approval_required` where a person has
 * to say yes to each call and the token was minted without (`approved` false),
 * `credential_unavailable` when it is disabled or nothing a request can carry.
 */
export function requireFit(
  holders: readonly Holder[],
  credential: Credential,
  { origin, approved }: Pick<WantedCredential, 'origin'> & { readonly approved: boolean },
): Result<void> {
  const { name, environment, category, origins, state, requiresApproval, allowedActions } =
    credential
  const facts = { credential: name, environment }
  const outside = holders.find(({ terms }) => !terms.categories.includes(category))
  if (outside !== undefined) {
    return refuse('credential_not_permitted', { ...facts, agent: outside.uri, category })
  }
  if (!allowedActions.includes('use')) {
    return refuse('credential_not_permitted', { ...facts, action: 'use' })
  }
  if (!origins.includes(origin)) return refuse('credential_not_permitted', { ...facts, origin })
  if (state !== 'active' || !isInjectable(credential)) {
    return refuse('credential_unavailable', { ...facts, state })
  }
  const asks = requiresApproval && holders.some(({ terms }) => terms.approvalMode !== 'auto_all')
  return asks && !approved ? refuse('approval_required', facts) : accept(undefined)
}

/** `payments/**` covers `payments/stripe` and what is below it, never `payments` itself. */
function covers(entry: string, name: string): boolean {
  return entry.endsWith('/**') ? name.startsWith(entry.slice(0, -2)) : entry === name
}
