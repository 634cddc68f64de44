import { authorizer, Biscuit, biscuit, block, KeyPair } from '@biscuit-auth/biscuit-wasm'
import type { OpenContender } from './port.ts'
import { versionOf } from './versions.ts'

/** Its own limit is one millisecond, which a busy machine exceeds; a refusal would measure nothing. */
const LIMITS = { max_facts: 1_000, max_iterations: 100, max_time_micro: 1_000_000 }

/** Biscuit: attenuation offline, by appending signed blocks of Datalog. */
export const open: OpenContender = async () => {
  const root = new KeyPair()
  const privateKey = root.getPrivateKey()
  const publicKey = root.getPublicKey()
  const issue = (): string => {
    const token = biscuit`right(${'api.bench'}, ${'GET'}); agent(${'planner'});
      check if time($now), $now < ${new Date(Date.now() + 300_000)};`.build(privateKey)
    const text = token.toBase64()
    token.free()
    return text
  }
  const held = issue()
  const delegate = (): string => {
    const token = Biscuit.fromBase64(held, publicKey)
    const narrower = token.appendBlock(
      block`check if operation(${'GET'}); check if path($p), $p.starts_with(${'/reports/'});`,
    )
    const text = narrower.toBase64()
    narrower.free()
    token.free()
    return text
  }
  const passedOn = delegate()
  return {
    name: '@biscuit-auth/biscuit-wasm',
    version: versionOf('@biscuit-auth/biscuit-wasm'),
    kind: 'library',
    traits: {
      singleUse: false,
      cascade: 'each block has a revocation id; keeping and checking a list is left to the caller',
      narrowing: true,
      binding: 'by third-party blocks that the caller designs',
      audit: false,
      offline: true,
    },
    jobs: {
      issue: { does: 'builds and signs a token', width: 1, once: issue },
      delegate: { does: 'reads the token, appends a narrower block', width: 1, once: delegate },
      authorize: {
        does: 'verifies both blocks, runs the Datalog of both and of the request',
        width: 1,
        once: () => {
          const token = Biscuit.fromBase64(passedOn, publicKey)
          const judge = authorizer`operation(${'GET'}); path(${'/reports/7'}); time(${new Date()});
            allow if right(${'api.bench'}, ${'GET'});`
          judge.addToken(token)
          judge.authorizeWithLimits(LIMITS)
          judge.free()
          token.free()
        },
      },
    },
    note: 'WebAssembly on one thread; Node needs --experimental-wasm-modules.',
    end: async () => undefined,
  }
}
