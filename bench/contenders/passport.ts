import {
  createDelegation,
  generateKeyPair,
  scopeAuthorizes,
  subDelegate,
  verifyDelegation,
} from 'agent-passport-system/core'
import type { OpenContender } from './port.ts'
import { versionOf } from './versions.ts'

/** Agent Passport System: signed delegations; registries live in another package. */
export const open: OpenContender = async () => {
  const [owner, planner, worker] = [generateKeyPair(), generateKeyPair(), generateKeyPair()]
  const issue = () =>
    createDelegation({
      delegatedTo: planner.publicKey,
      delegatedBy: owner.publicKey,
      scope: ['reports:read', 'reports:list'],
      maxDepth: 3,
      expiresInHours: 1,
      privateKey: owner.privateKey,
    })
  const held = issue()
  const passOn = () =>
    subDelegate({
      parentDelegation: held,
      delegatedTo: worker.publicKey,
      scope: ['reports:read'],
      privateKey: planner.privateKey,
    })
  const wire = [held, passOn()].map((each) => JSON.stringify(each))
  return {
    name: 'agent-passport-system',
    version: versionOf('agent-passport-system'),
    kind: 'library',
    traits: {
      singleUse: false,
      cascade: 'in the gateway package; here the caller hands in what it knows',
      narrowing: true,
      binding: 'the holder signs each action; checking it is another call',
      audit: 'receipts can be signed; keeping them is left to the caller',
      offline: true,
    },
    jobs: {
      issue: { does: 'signs a delegation', width: 1, once: issue },
      delegate: { does: 'verifies the parent, signs a narrower one', width: 1, once: passOn },
      authorize: {
        does: 'reads both delegations from JSON, verifies both signatures, asks for the scope',
        width: 1,
        once: () => {
          const chain = wire.map((text) => JSON.parse(text) as ReturnType<typeof issue>)
          const sound = chain.every((each) => verifyDelegation(each).valid)
          const leaf = chain.at(-1)
          if (!sound || leaf === undefined || !scopeAuthorizes(leaf.scope, 'reports:read')) {
            throw new Error('not authorized')
          }
        },
      },
    },
    note: 'Synchronous, on one thread; revocation is not looked up.',
    end: async () => undefined,
  }
}
