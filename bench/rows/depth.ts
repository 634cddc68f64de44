import { admissionFor } from '../../src/compose.ts'
import { LEASE_DEPTH_MAX } from '../../src/domain/limits.ts'
import { systemIds } from '../../src/system.ts'
import { atMost, median, type Row } from '../row.ts'
import {
  benchScope,
  insertAgent,
  insertChain,
  openStage,
  RESOURCE,
  signTokens,
  someCertificate,
} from '../stage.ts'

/** Latency of one admission at the greatest depth against depth 1, in turns. */
export async function benchDepth(quick: boolean): Promise<readonly Row[]> {
  const stage = await openStage()
  try {
    const count = quick ? 600 : 3_000
    const scope = benchScope({ host: 'api.bench', port: 443 })
    const caller = await insertAgent(stage, 'worker', scope, someCertificate())
    const [shallow, deep] = await Promise.all(
      [1, LEASE_DEPTH_MAX].map(async (depth) => {
        const leaf = await insertChain(stage, caller.uri, scope, depth)
        return signTokens(stage, leaf, caller, count)
      }),
    )
    const admit = admissionFor(stage.world, RESOURCE)
    const { uri, certificate } = caller
    const request = { type: 'http', method: 'GET', target: 'https://api.bench/reports/7' } as const
    const timed = async (token: string): Promise<number> => {
      const started = performance.now()
      const peer = { uri, certificate }
      const admission = await admit({ token, peer, request, requestId: systemIds.request() })
      if (!admission.ok) throw new Error(`refused: ${admission.refusal.code}`)
      return (performance.now() - started) * 1_000
    }
    const near: number[] = []
    const far: number[] = []
    for (let at = 0; at < count; at += 1) {
      near.push(await timed(shallow?.[at] ?? ''))
      far.push(await timed(deep?.[at] ?? ''))
    }
    return [
      atMost(1.3, {
        name: `admission latency at depth ${LEASE_DEPTH_MAX} against depth 1`,
        value: median(far),
        unit: 'µs',
        baseline: median(near),
      }),
    ]
  } finally {
    await stage.end()
  }
}
