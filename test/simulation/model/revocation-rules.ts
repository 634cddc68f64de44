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

/** Only an owner lifts, and only a suspension. */
export function predictLift(model: Model, role: 'owner' | 'operator', subject: string): Prediction {
  if (role === 'operator') return { verdict: 'forbidden', event: undefined }
  const suspended = model.against.get(subject) === 'suspended'
  return { verdict: suspended ? 'allowed' : 'not_found', event: 'revocation.lifted' }
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
