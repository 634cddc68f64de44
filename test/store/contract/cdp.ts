import { describe, expect, it } from 'vitest'
import { type AgentUri, DEFAULT_TENANT, type Jti } from '../../../src/domain/ids.ts'
import { REQUEST_NONCE_SECONDS } from '../../../src/domain/limits.ts'
import { later } from '../../../src/domain/time.ts'
import { newLeaseId, T0, thumbprint } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const HOLDER = 'spiffe://acme.example/agent/planner' as AgentUri
const tenant = DEFAULT_TENANT
const nonce = (hash: string, holder = HOLDER) => ({
  tenant,
  holder,
  hash,
  expiresAt: later(T0, REQUEST_NONCE_SECONDS),
})

/** What every store holds of what only CDP asks for. */
export function cdpContract(openPlace: OpenPlace): void {
  describe('nonces of requests', () => {
    it('T-08: of twenty requests with one nonce one wins, and a restart forgets none', async () => {
      const place = openPlace()
      const store = await place.open()
      const taken = await Promise.all(
        Array.from({ length: 20 }, () => store.takeRequestNonce(nonce('one'))),
      )
      expect(taken.filter(({ ok }) => ok)).toHaveLength(1)
      const other = 'spiffe://acme.example/agent/worker' as AgentUri
      expect(await store.takeRequestNonce(nonce('one', other))).toMatchObject({ ok: true })
      await store.close()
      const again = await place.open()
      expect(await again.takeRequestNonce(nonce('one'))).toMatchObject({
        refusal: { code: 'token_used' },
      })
    })

    it('count until their time is over, and are swept then', async () => {
      const place = openPlace()
      const store = await place.open()
      await store.takeRequestNonce(nonce('two'))
      place.clock.at = later(T0, REQUEST_NONCE_SECONDS - 1)
      await store.sweep()
      expect(await store.takeRequestNonce(nonce('two'))).toMatchObject({ ok: false })
      place.clock.at = later(T0, REQUEST_NONCE_SECONDS + 1)
      await store.sweep()
      expect(await store.takeRequestNonce(nonce('two'))).toMatchObject({ ok: true })
    })
  })

  describe('issued tokens', () => {
    it('are told as long as they have not ended, the first to end first', async () => {
      const place = openPlace()
      const store = await place.open()
      const token = (jti: string, seconds: number) => ({
        tenant,
        jti: jti as Jti,
        holder: HOLDER,
        lease: newLeaseId(),
        certificate: thumbprint('worker'),
        expiresAt: later(T0, seconds),
      })
      await store.noteIssuedToken(token('late', 300))
      await store.noteIssuedToken(token('early', 60))
      const jtis = () =>
        store.read(async (reads) =>
          (await reads.issuedTokens(tenant, 10)).map(({ jti }) => jti as string),
        )
      expect(await jtis()).toEqual(['early', 'late'])
      place.clock.at = later(T0, 61)
      expect(await jtis()).toEqual(['late'])
      expect(await store.sweep()).toBeGreaterThan(0)
      expect(await jtis()).toEqual(['late'])
    })
  })
}
