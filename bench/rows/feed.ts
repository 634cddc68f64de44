import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { subjectOf } from '../../src/domain/revocation.ts'
import { revokeLease } from '../../src/usecases/revocations/revoke.ts'
import { enroll, openYard } from '../gateways.ts'
import type { Effort } from '../measure.ts'
import { median, quantile, type Row, short } from '../row.ts'
import { insertChain } from '../stage.ts'

/** Aim of protocol §9. */
const AIM_MS = 100
const PATIENCE_MS = 10_000

/**
 * From the answer to a revocation until an enforcement point without a store knows of it by the
 * feed. Three processes: this one revokes on the store, another serves the feed and learns of it
 * from the store, a third follows the feed and tells the moment it knew.
 */
export async function benchFeed(effort: Effort): Promise<readonly Row[]> {
  const rounds = { tiny: 5, quick: 100, usual: 400, full: 2_000 }[effort]
  const yard = await openYard(0)
  try {
    const { stage, children } = yard
    const { world } = stage
    const authority = await children.start('writ', { config: stage.config, roles: ['authority'] })
    const { tls } = await enroll(stage, 'follower', yard.scope, 'enforcement')
    const { child } = await children.start('follower', {
      authority: authority.said['agents'],
      certificate: tls.cert,
      privateKey: tls.key,
      ca: world.ca.rootPem,
      issuer: world.issuer,
      tenant: DEFAULT_TENANT,
      keys: world.keys.jwks(),
    })
    const waits: number[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const leaf = await insertChain(stage, yard.caller.uri, yard.scope, 0)
      const heard = once(child, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })
      const revoked = await revokeLease(world, stage.owner, { lease: leaf.id, reason: 'bench' })
      const answered = performance.timeOrigin + performance.now()
      if (!revoked.ok) throw new Error(`refused: ${revoked.refusal.code}`)
      const [{ subject, at }] = (await heard) as [{ subject: string; at: number }]
      if (subject !== subjectOf('lease', leaf.id)) throw new Error(`heard of ${subject}`)
      if (round > 0) waits.push(Math.max(0, at - answered))
      await delay(Math.random() * 30)
    }
    return [rowOf(waits)]
  } finally {
    await yard.end()
  }
}

function rowOf(waits: readonly number[]): Row {
  const p99 = quantile(waits, 0.99)
  const [p25 = 0, p75 = 0] = [0.25, 0.75].map((share) => short(quantile(waits, share) / AIM_MS))
  return {
    name: 'revoke answered to an enforcement point without a store knows, feed mode, p99',
    value: short(p99),
    unit: 'ms',
    baseline: AIM_MS,
    ratio: short(p99 / AIM_MS),
    aim: '<= 1',
    ok: p99 < AIM_MS,
    rounds: waits.length,
    spread: { p25, p75 },
    note: `p50 ${short(median(waits))} ms, slowest ${short(Math.max(...waits))} ms; quartiles are of single waits`,
  }
}
