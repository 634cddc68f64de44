import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { rate } from './measure.ts'
import type { Stage } from './stage.ts'

/** A token as a bare verifier needs it. */
export interface Signed {
  readonly signed: Buffer
  readonly signature: Buffer
}

/** What is signed and the signature of a compact JWS. */
export function signedPart(token: string): Signed {
  const dot = token.lastIndexOf('.')
  return {
    signed: Buffer.from(token.slice(0, dot)),
    signature: Buffer.from(token.slice(dot + 1), 'base64url'),
  }
}

/** Bare Ed25519 verification by Node's thread pool, as Writ uses it; signatures per second. */
export async function verifyInPool(
  stage: Stage,
  parts: readonly Signed[],
  width: number,
): Promise<number> {
  const key = publicKey(stage)
  return rate(parts, width, async ({ signed, signature }) => {
    if (!(await isGenuine(key, signed, signature))) throw new Error('a token does not verify')
  })
}

/** Worker threads that verify in a loop, one for each core: no callbacks, no event loop. */
export interface Verifiers {
  /** Signatures per second of all workers together. */
  verify(parts: readonly Signed[]): Promise<number>
  end(): Promise<void>
}

/** Starts one verifier a core. */
export async function startVerifiers(stage: Stage): Promise<Verifiers> {
  const file = new URL('./processes/verifier.mjs', import.meta.url)
  const pem = publicKey(stage).export({ type: 'spki', format: 'pem' })
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(file, { execArgv: [], workerData: pem }),
  )
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  return {
    async verify(parts) {
      const share = Math.ceil(parts.length / workers.length)
      const handed = workers.map(async (worker, at) => {
        worker.postMessage(parts.slice(at * share, (at + 1) * share))
        await once(worker, 'message')
      })
      await Promise.all(handed)
      const started = performance.now()
      await Promise.all(
        workers.map(async (worker) => {
          worker.postMessage('go')
          const [genuine] = (await once(worker, 'message')) as [boolean]
          if (!genuine) throw new Error('a token does not verify')
        }),
      )
      return parts.length / ((performance.now() - started) / 1_000)
    },
    async end() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function publicKey(stage: Stage): KeyObject {
  const { kid } = stage.world.keys.active('token')
  const x = stage.world.keys.verification(kid)?.publicKey
  if (x === undefined) throw new Error('the active key verifies')
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x).toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

function isGenuine(key: KeyObject, signed: Buffer, signature: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(null, signed, key, signature, (fault, genuine) => {
      if (fault) reject(fault)
      else resolve(genuine)
    })
  })
}
