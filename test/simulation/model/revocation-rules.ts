import type { Asker } from './standing.ts'
import { lineageOf, type Model, type Prediction } from './state.ts'

/** §8: kept 330 s past its end, "sweeping removes only what the mark has passed". */
const TOKEN_KEPT = 330
const TREE_KEPT = 30 * 24 * 60 * 60

/** "The owner, or any holder above, revokes a lease"; strangers can not tell that it is there. */
export function predictRevokeLease(model: Model, asker: Asker | 'person', id: string): Prediction {
  const event = 'revocation.recorded'
  const lease = model.leases.get(id)
  if (lease === undefined) return { verdict: 'not_found', event }
  if (asker === 'person') return { verdict: 'allowed', event }
  const knows = lineageOf(model, lease).some(({ holder }) => holder === asker.name)
  return { verdict: knows ? 'allowed' : 'not_found', event }
}

/** "Revoked stays for ever"; suspended "is the same row, and reversible", and may get worse. */
export function stop(model: Model, subject: string, effect: 'revoked' | 'suspended'): void {
  if (model.against.get(subject) !== 'revoked') model.against.set(subject, effect)
}

/** Only an owner lifts, of agents and leases only its own, and only a suspension. */
export function predictLift(model: Model, by: Person, subject: string): Prediction {
  if (by.role === 'operator') return { verdict: 'forbidden', event: undefined }
  const event = 'revocation.lifted'
  const owner = ownerOf(model, subject)
  if (owner !== undefined && owner !== by.name) return { verdict: 'forbidden', event }
  const suspended = model.against.get(subject) === 'suspended'
  return { verdict: suspended ? 'allowed' : 'not_found', event }
}

/** A person of the simulation. */
export interface Person {
  readonly role: 'owner' | 'operator'
  readonly name: string
}

/** "No administrator can override the owner": of an agent, of a tree the owner of its root. */
export function ownerOf(model: Model, subject: string): string | undefined {
  const id = subject.slice(subject.indexOf(':') + 1)
  if (subject.startsWith('agent:')) return model.agents.get(id)?.owner
  const lease = subject.startsWith('lease:') ? model.leases.get(id) : undefined
  const [root] = lease === undefined ? [] : lineageOf(model, lease)
  return root && model.agents.get(root.holder)?.owner
}

/** What a sweep forgets can no longer matter: ended tokens, and trees long after their root. */
export function sweep(model: Model): void {
  for (const token of model.tokens) {
    const gone = token.expires < model.now - TOKEN_KEPT
    if (token.spent === 'yes' && gone) token.spent = 'forgotten'
  }
  for (const lease of [...model.leases.values()].toReversed()) {
    const [root] = lineageOf(model, lease)
    if (root === undefined || root.expires >= model.now - TREE_KEPT) continue
    model.leases.delete(lease.id)
    model.against.delete(`lease:${lease.id}`)
    if (lease === root) model.trees.delete(lease.id)
    for (const token of model.tokens) if (token.root === root.id) token.reserved = undefined
  }
}
