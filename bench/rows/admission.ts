import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { admissionFor } from '../../src/compose.ts'
import { systemIds } from '../../src/system.ts'
import { atLeast, median, type Row, rate } from '../row.ts'
import {
  benchScope,
  insertAgent,
  insertChain,
  openStage,
  RESOURCE,
  signTokens,
  someCertificate,
} from '../stage.ts'

/** Calls in flight: as many as a busy gateway has, and enough for full commits. */
const WIDTH = 64

/**
 * Admission in process (parse … redeem, on SQLite, every commit durable) against the bare
 * Ed25519 verification of the same tokens by the same thread pool.
 */
export async function benchAdmission(quick: boolean): Promise<readonly Row[]> {
  const stage = await openStage()
  try {
    const [rounds, count] = quick ? [3, 4_000] : [7, 10_000]
    const scope = benchScope({ host: 'api.bench', port: 443 })
    const caller = await insertAgent(stage, 'worker', scope, someCertificate())
    const leaf = await insertChain(stage, caller.uri, scope, 1)
    const admit = admissionFor(stage.world, RESOURCE)
    const { uri, certificate } = caller
    const request = { type: 'http', method: 'GET', target: 'https://api.bench/reports/7' } as const
    const bare: number[] = []
    const admitted: number[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const tokens = await signTokens(stage, leaf, caller, count)
      const parts = tokens.map(partsOf)
      const key = publicKey(stage)
      const verified = await rate(parts, WIDTH, async ({ signed, signature }) => {
        if (!(await isGenuine(key, signed, signature))) throw new Error('a token does not verify')
      })
      const redeemed = await rate(tokens, WIDTH, async (token) => {
        const peer = { uri, certificate }
        const admission = await admit({ token, peer, request, requestId: systemIds.request() })
        if (!admission.ok) throw new Error(`refused: ${admission.refusal.code}`)
      })
      if (round === 0) continue
      bare.push(verified)
      admitted.push(redeemed)
    }
    return [
      atLeast(0.8, {
        name: 'admission in process, durable, against raw Ed25519 verification',
        value: median(admitted),
        unit: 'calls/s',
        baseline: median(bare),
      }),
    ]
  } finally {
    await stage.end()
  }
}

function partsOf(token: string): { signed: Buffer; signature: Buffer } {
  const dot = token.lastIndexOf('.')
  return {
    signed: Buffer.from(token.slice(0, dot)),
    signature: Buffer.from(token.slice(dot + 1), 'base64url'),
  }
}

function publicKey(stage: Awaited<ReturnType<typeof openStage>>): KeyObject {
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
