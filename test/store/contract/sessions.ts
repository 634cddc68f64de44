import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { SESSION_IDLE_SECONDS, SESSIONS_PER_PERSON_MAX } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import type { Session } from '../../../src/domain/session.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import { decide, T0 } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** Sessions of browsers. */
export function sessionsContract(openPlace: OpenPlace): void {
  const session: Session = {
    tenant: DEFAULT_TENANT,
    secretHash: 'hash-0',
    name: 'ann',
    certificate: null,
    openedAt: T0,
    usedAt: T0,
    expiresAt: epochSeconds(T0 + 10 * SESSION_IDLE_SECONDS),
  }
  const credential = {
    tenant: DEFAULT_TENANT,
    name: 'ann',
    role: 'owner' as const,
    tokenHash: 'token',
    certificate: null,
    createdAt: T0,
    revokedAt: null,
  }
  const open = (store: Store, ...sessions: readonly Session[]) =>
    decide(store, async (tx) => {
      for (const one of sessions) await tx.insertSession(one)
      return accept(undefined)
    })
  const read = (store: Store, hash = 'hash-0') => store.read((reads) => reads.session(hash))

  describe('sessions', () => {
    it('are found by the hash of their secret, with the credential they stand on', async () => {
      const store = await openPlace().open()
      await open(store, session)
      expect(await read(store)).toBeUndefined()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      expect(await read(store)).toEqual({ session, credential })
      expect(await read(store, 'other')).toBeUndefined()
    })

    it('end once', async () => {
      const store = await openPlace().open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      await open(store, session)
      const ended: boolean[] = []
      for (const hash of ['hash-0', 'hash-0', 'other']) {
        await decide(store, async (tx) => {
          ended.push(await tx.endSession(hash))
          return accept(undefined)
        })
      }
      expect(ended).toEqual([true, false, false])
      expect(await read(store)).toBeUndefined()
    })

    it('keep when they were used, forwards alone, and no use revives one that is over', async () => {
      const place = openPlace()
      const store = await place.open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      await open(store, session)
      place.clock.at = epochSeconds(place.clock.at + SESSION_IDLE_SECONDS - 1)
      await store.noteSessionUse('hash-0')
      const used = T0 + SESSION_IDLE_SECONDS - 1
      expect((await read(store))?.session.usedAt).toBe(used)
      place.clock.at = epochSeconds(place.clock.at + SESSION_IDLE_SECONDS)
      await store.noteSessionUse('hash-0')
      expect((await read(store))?.session.usedAt).toBe(used)
    })

    it('of one person are as many as one may have, and those opened first go', async () => {
      const store = await openPlace().open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      const many = Array.from({ length: SESSIONS_PER_PERSON_MAX + 1 }, (_, at) => ({
        ...session,
        secretHash: `hash-${at}`,
        openedAt: epochSeconds(T0 + at),
      }))
      await open(store, ...many, { ...session, secretHash: 'bob', name: 'bob' })
      expect(await read(store, 'hash-0')).toBeUndefined()
      expect((await read(store, 'hash-1'))?.session.name).toBe('ann')
    })

    it('are swept when they are over', async () => {
      const place = openPlace()
      const store = await place.open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      await open(store, session)
      await store.sweep()
      expect(await read(store)).toBeDefined()
      place.clock.at = epochSeconds(place.clock.at + 10 * SESSION_IDLE_SECONDS)
      await store.sweep()
      expect(await read(store)).toBeUndefined()
    })
  })
}
