import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type PrincipalId, type TenantId } from '../../../src/domain/ids.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import { testCredential, testVersion } from '../../support/credentials.ts'
import { decide, T0 } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const ANN = 'ann' as PrincipalId
const BOB = 'bob' as PrincipalId
const KEY = { tenant: DEFAULT_TENANT, name: 'github', environment: 'production', owner: null }

/** Upstream credentials and their versions. */
export function credentialsContract(openPlace: OpenPlace): void {
  const placeWith = async (...credentials: readonly ReturnType<typeof testCredential>[]) => {
    const store = await openPlace().open()
    for (const credential of credentials) {
      await decide(store, (tx) => tx.insertCredential(credential))
    }
    return store
  }

  describe('credentials', () => {
    it('are read as they were written, in their tenant and environment only', async () => {
      const whole = testCredential({
        kind: 'oauth_client',
        placement: { in: 'header', name: 'authorization', prefix: 'token ' },
        token: {
          url: 'https://issuer.example/token',
          clientId: 'writ',
          clientAuth: 'post',
          scope: null,
          audience: 'api',
          privateNet: false,
        },
        requiresApproval: true,
        allowedActions: ['use', 'retrieve'],
        classification: 'restricted',
        mark: 'mark',
      })
      const store = await placeWith(whole)
      const read = await store.read(async (reads) => [
        await reads.credential(KEY),
        await reads.credential({ ...KEY, tenant: 'other' as TenantId }),
        await reads.credential({ ...KEY, environment: 'staging' }),
        await reads.credential({ ...KEY, name: 'git' }),
      ])
      expect(read).toEqual([whole, undefined, undefined, undefined])
    })

    it('an owner gets its own before the shared one, and never that of another', async () => {
      const [shared, anns] = [testCredential(), testCredential({ owner: ANN, state: 'disabled' })]
      const store = await placeWith(shared, anns)
      const read = await store.read(async (reads) => [
        await reads.credential({ ...KEY, owner: ANN }),
        await reads.credential({ ...KEY, owner: BOB }),
        await reads.credential(KEY),
        await reads.ownCredential({ ...KEY, owner: ANN }),
        await reads.ownCredential({ ...KEY, owner: BOB }),
      ])
      expect(read).toEqual([anns, shared, shared, anns, undefined])
    })

    it('refuse a key that is taken, and change nothing', async () => {
      const store = await placeWith(testCredential())
      const { result } = await decide(store, (tx) =>
        tx.insertCredential(testCredential({ version: 7 })),
      )
      expect(result.ok ? 'ok' : result.refusal.code).toBe('conflict')
      expect((await store.read((reads) => reads.credential(KEY)))?.version).toBe(1)
    })

    it('are replaced whole, except their key', async () => {
      const store = await placeWith(testCredential(), testCredential({ owner: ANN }))
      const next = testCredential({
        state: 'disabled',
        origins: [],
        version: 2,
        newestVersion: 3,
        changedAt: epochSeconds(T0 + 1),
      })
      await decide(store, async (tx) => accept(await tx.updateCredential(next)))
      const read = await store.read(async (reads) => [
        await reads.credential(KEY),
        await reads.ownCredential({ ...KEY, owner: ANN }),
      ])
      expect(read).toEqual([next, testCredential({ owner: ANN })])
      const nobody = testCredential({ owner: BOB })
      const unknown = decide(store, async (tx) => accept(await tx.updateCredential(nobody)))
      await expect(unknown).rejects.toThrow('There is no such credential.')
    })

    it('are listed by name, environment and owner, page after page', async () => {
      const made = [
        testCredential({ name: 'a' }),
        testCredential({ name: 'a', owner: ANN }),
        testCredential({ name: 'a', environment: 'staging' }),
        testCredential({ name: 'b/c' }),
        testCredential({ name: 'c', environment: 'staging' }),
      ]
      const store = await placeWith(...made.toReversed())
      const seen: unknown[] = []
      let cursor: string | null = null
      do {
        const page = await store.read((reads) =>
          reads.credentials({ tenant: DEFAULT_TENANT }, { limit: 2, cursor }),
        )
        seen.push(...page.items)
        cursor = page.cursor
      } while (cursor !== null)
      expect(seen).toEqual(made)
      const filter = { tenant: DEFAULT_TENANT, environment: 'staging' }
      const page = await store.read((reads) =>
        reads.credentials(filter, { limit: 9, cursor: null }),
      )
      expect(page.items.map(({ name }) => name)).toEqual(['a', 'c'])
    })

    it('versions are kept newest first, a few of them, each of its own key', async () => {
      const store = await placeWith(testCredential(), testCredential({ owner: ANN }))
      const anns = testVersion(testCredential({ owner: ANN }), { reference: 'github#token' })
      await decide(store, async (tx) => {
        await tx.insertCredentialVersion(anns, 2)
        for (const version of [1, 2, 3]) {
          const next = testVersion(testCredential(), { version, sealed: `v1.${version}` })
          await tx.insertCredentialVersion(next, 2)
        }
        return accept(undefined)
      })
      const read = await store.read(async (reads) => ({
        kept: (await reads.credentialVersions(KEY)).map(({ sealed }) => sealed),
        second: (await reads.credentialVersion(KEY, 2))?.sealed,
        first: await reads.credentialVersion(KEY, 1),
        anns: await reads.credentialVersions({ ...KEY, owner: ANN }),
      }))
      expect(read).toEqual({
        kept: ['v1.3', 'v1.2'],
        second: 'v1.2',
        first: undefined,
        anns: [anns],
      })
    })

    it('are removed with all their versions, and nobody else’s', async () => {
      const store = await placeWith(testCredential(), testCredential({ owner: ANN }))
      const removed: boolean[] = []
      await decide(store, async (tx) => {
        await tx.insertCredentialVersion(testVersion(testCredential()), 2)
        await tx.insertCredentialVersion(testVersion(testCredential({ owner: ANN })), 2)
        removed.push(await tx.removeCredential(KEY), await tx.removeCredential(KEY))
        return accept(undefined)
      })
      expect(removed).toEqual([true, false])
      const read = await store.read(async (reads) => ({
        shared: await reads.credential(KEY),
        sharedVersions: await reads.credentialVersions(KEY),
        anns: (await reads.credentialVersions({ ...KEY, owner: ANN })).length,
      }))
      expect(read).toEqual({ shared: undefined, sharedVersions: [], anns: 1 })
    })
  })
}
