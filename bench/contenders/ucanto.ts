import { Delegation, delegate, invoke } from '@ucanto/core'
import { ed25519 } from '@ucanto/principal'
import { access, capability, Failure, Schema } from '@ucanto/validator'
import type { OpenContender } from './port.ts'
import { versionOf } from './versions.ts'

const YES = { ok: {} }
const LIFE = { lifetimeInSeconds: 600 }

/** UCAN: chains of delegations, each signed by its giver; the invocation carries the chain. */
export const open: OpenContender = async () => {
  const [owner, planner, worker, service] = await Promise.all([
    ed25519.generate(),
    ed25519.generate(),
    ed25519.generate(),
    ed25519.generate(),
  ])
  const right = { can: 'report/read' as const, with: owner.did() }
  const capabilities: [typeof right] = [right]
  const read = capability({
    can: 'report/read',
    with: Schema.did(),
    derives: (child, parent) =>
      child.with === parent.with ? YES : { error: new Failure('another resource') },
  })
  const issue = () => delegate({ issuer: owner, audience: planner, capabilities, ...LIFE })
  const root = await issue()
  const passOn = () =>
    delegate({ issuer: planner, audience: worker, capabilities, proofs: [root], ...LIFE })
  const hop = await passOn()
  const order = invoke({ issuer: worker, audience: service, capability: right, proofs: [hop] })
  const wire = await (await order.delegate()).archive()
  if (wire.ok === undefined) throw wire.error
  const bytes = wire.ok
  const authorize = async (): Promise<void> => {
    const found = await Delegation.extract(bytes)
    if (found.ok === undefined) throw found.error
    const judged = await access(found.ok as never, {
      capability: read,
      principal: ed25519.Verifier,
      authority: service,
      validateAuthorization: () => YES,
    })
    if (judged.error !== undefined) throw judged.error
  }
  return {
    name: '@ucanto',
    version: versionOf('@ucanto/validator'),
    kind: 'library',
    traits: {
      singleUse: false,
      cascade: 'a revocation can be looked up for each link; the list is left to the caller',
      narrowing: true,
      binding: 'each link names the key that may use it, and the invocation is signed by it',
      audit: 'receipts can be signed; keeping them is left to the caller',
      offline: true,
    },
    jobs: {
      issue: { does: 'signs a delegation', width: 64, once: issue },
      delegate: { does: 'signs a delegation that carries its proof', width: 64, once: passOn },
      authorize: {
        does: 'reads an invocation from bytes, verifies all three signatures and the chain',
        width: 64,
        once: authorize,
      },
    },
    note: 'The invocation is signed by the caller beforehand, outside the time taken.',
    end: async () => undefined,
  }
}
