import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { NonceHolder, WatchedProcess } from '../../../src/domain/attestation.ts'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import { NONCE_TTL_SECONDS, NONCES_PER_AGENT_MAX } from '../../../src/domain/limits.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { accept } from '../../../src/domain/result.ts'
import { later } from '../../../src/domain/time.ts'
import type { IssuedNonce } from '../../../src/store/ports/attestation.ts'
import type { Store } from '../../../src/store/ports.ts'
import { agentUri, decide, T0 } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const PLANNER = agentUri('planner')

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function nonce(holder: NonceHolder = PLANNER): IssuedNonce {
  const expiresAt = later(T0, NONCE_TTL_SECONDS)
  return { tenant: DEFAULT_TENANT, hash: hash(randomBytes(8).toString('hex')), holder, expiresAt }
}

function take(store: Store, taken: Omit<IssuedNonce, 'expiresAt'>) {
  return decide(store, (tx) => tx.takeNonce(taken)).then(({ result }) => result)
}

const FAILED = { ok: false, refusal: { code: 'attestation_failed' } }

const PROCESS: WatchedProcess = {
  tenant: DEFAULT_TENANT,
  agent: PLANNER,
  host: 'boot-1/pid:[1]',
  pid: 4_194_303,
  uid: 4_294_967_294,
  startTime: '18446744073709551615',
  exe: '1:2:3:4:5',
  fingerprint: hash('process'),
}

/** Nonces, proofs that count once, and processes that are watched. */
export function attestationContract(openPlace: OpenPlace): void {
  describe('nonces', () => {
    it('T-08: of twenty takers of one nonce one wins, and nobody after it', async () => {
      const store = await openPlace().open()
      const given = nonce()
      expect(await store.issueNonce(given)).toEqual({ ok: true })
      const results = await Promise.all(Array.from({ length: 20 }, () => take(store, given)))
      expect(results.filter((result) => result.ok)).toHaveLength(1)
      expect(await take(store, given)).toMatchObject(FAILED)
    })

    it('are good for their holder in its tenant alone', async () => {
      const store = await openPlace().open()
      const given = nonce()
      await store.issueNonce(given)
      const others = [
        { ...given, holder: agentUri('worker') },
        { ...given, holder: 'enrollment' as const },
        { ...given, tenant: 'other' as TenantId },
        { ...given, hash: hash('never drawn') },
      ]
      for (const other of others) {
        expect(await store.read((reads) => reads.nonceStands(other))).toBe(false)
        expect(await take(store, other)).toMatchObject(FAILED)
      }
      expect(await store.read((reads) => reads.nonceStands(given))).toBe(true)
      expect(await take(store, given)).toMatchObject({ ok: true })
    })

    it('end by themselves, and are swept then', async () => {
      const place = openPlace()
      const store = await place.open()
      const given = nonce()
      await store.issueNonce(given)
      place.clock.at = later(T0, NONCE_TTL_SECONDS - 1)
      expect(await store.read((reads) => reads.nonceStands(given))).toBe(true)
      place.clock.at = later(T0, NONCE_TTL_SECONDS)
      expect(await take(store, given)).toMatchObject(FAILED)
      expect(await store.sweep()).toBe(1)
    })

    it('T-08: when the holder has all it may none is drawn, and none that stands goes', async () => {
      const store = await openPlace().open()
      const given = Array.from({ length: NONCES_PER_AGENT_MAX }, () => nonce())
      for (const one of given) await store.issueNonce(one)
      const refused = { ok: false, refusal: { code: 'overloaded' } }
      expect(await store.issueNonce(nonce())).toMatchObject(refused)
      expect(await store.issueNonce(nonce(agentUri('worker')))).toMatchObject({ ok: true })
      expect(await store.issueNonce(nonce('enrollment'))).toMatchObject({ ok: true })
      for (const one of given) expect(await take(store, one)).toMatchObject({ ok: true })
      expect(await store.issueNonce(nonce())).toMatchObject({ ok: true })
    })

    it('a refused decision leaves its nonce standing', async () => {
      const store = await openPlace().open()
      const given = nonce()
      await store.issueNonce(given)
      await decide(store, async (tx) => {
        const taken = await tx.takeNonce(given)
        return taken.ok ? refuse('conflict') : taken
      })
      expect(await take(store, given)).toMatchObject({ ok: true })
    })

    it('survive the process that drew them', async () => {
      const place = openPlace()
      const first = await place.open()
      const given = nonce()
      await first.issueNonce(given)
      await first.close()
      const second = await place.open()
      expect(await take(second, given)).toMatchObject({ ok: true })
    })
  })

  describe('proofs that count once', () => {
    it('of twenty that spend the same one wins; they are forgotten after their end', async () => {
      const place = openPlace()
      const store = await place.open()
      const expiresAt = later(T0, 60)
      const proof = { tenant: DEFAULT_TENANT, key: hash('token'), expiresAt }
      const spend = () => decide(store, (tx) => tx.spendProof(proof)).then(({ result }) => result)
      const results = await Promise.all(Array.from({ length: 20 }, spend))
      expect(results.filter((result) => result.ok)).toHaveLength(1)
      expect(await spend()).toMatchObject(FAILED)
      place.clock.at = later(T0, 59)
      expect(await store.sweep()).toBe(0)
      place.clock.at = later(T0, 120)
      expect(await store.sweep()).toBe(1)
    })
  })

  describe('processes that are watched', () => {
    it('are read by their machine, exactly as they were measured', async () => {
      const store = await openPlace().open()
      await decide(store, async (tx) => accept(await tx.watchProcess(PROCESS)))
      expect(await store.read((reads) => reads.watchedProcesses(PROCESS.host))).toEqual([PROCESS])
      expect(await store.read((reads) => reads.watchedProcesses('boot-2'))).toEqual([])
    })

    it('one for each agent: a newer one takes the place of the one before', async () => {
      const store = await openPlace().open()
      const newer = { ...PROCESS, pid: 7, fingerprint: hash('newer') }
      for (const one of [PROCESS, newer]) {
        await decide(store, async (tx) => accept(await tx.watchProcess(one)))
      }
      expect(await store.read((reads) => reads.watchedProcesses(PROCESS.host))).toEqual([newer])
      const unwatch = (print?: string) =>
        decide(store, async (tx) =>
          accept(await tx.unwatchProcess(DEFAULT_TENANT, PLANNER, print)),
        ).then(({ result }) => result.ok && result.value)
      expect(await unwatch(PROCESS.fingerprint)).toBe(false)
      expect(await unwatch(newer.fingerprint)).toBe(true)
      expect(await unwatch()).toBe(false)
    })

    it('are unseen when their machine has not told of them for a while', async () => {
      const place = openPlace()
      const store = await place.open()
      const other = { ...PROCESS, agent: agentUri('worker'), host: 'boot-2' }
      for (const one of [PROCESS, other]) {
        await decide(store, async (tx) => accept(await tx.watchProcess(one)))
      }
      place.clock.at = later(T0, 10)
      await store.sawProcesses(PROCESS.host, [PLANNER, other.agent])
      const unseen = () => store.read((reads) => reads.unseenProcesses(later(T0, 5)))
      expect(await unseen()).toEqual([other])
      await store.sawProcesses(PROCESS.host, [])
      expect(await unseen()).toEqual([other])
    })
  })
}
