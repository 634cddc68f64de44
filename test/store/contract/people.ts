import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { RoleCredential } from '../../../src/store/ports.ts'
import { agentUri, decide, given, T0, testAgent, testScope } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const FOREIGN = 'other' as TenantId

/** Agents, role credentials and answers. */
export function peopleContract(openPlace: OpenPlace): void {
  describe('agents', () => {
    it('are read as they were enrolled, in their tenant only', async () => {
      const store = await openPlace().open()
      const agent = testAgent('worker')
      await given(store, { agents: [agent] })
      const read = await store.read(async (reads) => [
        await reads.agent(DEFAULT_TENANT, agent.uri),
        await reads.agent(FOREIGN, agent.uri),
      ])
      expect(read).toEqual([agent, undefined])
    })

    it('refuse a name that is taken, and change nothing', async () => {
      const store = await openPlace().open()
      await given(store, { agents: [testAgent('worker')] })
      const second = testAgent('worker', { contractVersion: 9 })
      const { result } = await decide(store, (tx) => tx.insertAgent(second))
      expect(result.ok ? 'ok' : result.refusal.code).toBe('conflict')
      const kept = await store.read((reads) => reads.agent(DEFAULT_TENANT, second.uri))
      expect(kept?.contractVersion).toBe(1)
    })

    it('are found by an id that differs in case alone, in their tenant', async () => {
      const store = await openPlace().open()
      await given(store, { agents: [testAgent('Worker'), testAgent('planner')] })
      const like = await store.read((reads) =>
        Promise.all([
          reads.agentLike(DEFAULT_TENANT, agentUri('worKer')),
          reads.agentLike(DEFAULT_TENANT, agentUri('Worker')),
          reads.agentLike(DEFAULT_TENANT, agentUri('worker2')),
          reads.agentLike(FOREIGN, agentUri('worker')),
        ]),
      )
      expect(like).toEqual([agentUri('Worker'), undefined, undefined, undefined])
    })

    it('are replaced whole, except tenant and name', async () => {
      const store = await openPlace().open()
      await given(store, { agents: [testAgent('worker')] })
      const serverNames = ['gateway.example', '::1']
      const change = { contractVersion: 2, contract: testScope(5), serverNames }
      const next = testAgent('worker', change)
      await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      const read = await store.read((reads) => reads.agent(DEFAULT_TENANT, next.uri))
      expect(read).toEqual(next)
      const unknown = decide(store, async (tx) => accept(await tx.updateAgent(testAgent('nobody'))))
      await expect(unknown).rejects.toThrow('There is no such agent.')
    })

    it('are listed by name, page after page, and a foreign cursor ends the list', async () => {
      const store = await openPlace().open()
      const names = ['a', 'b', 'c', 'd', 'e']
      await given(store, { agents: names.map((name) => testAgent(name)) })
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page = await store.read((reads) => reads.agents(DEFAULT_TENANT, { limit: 2, cursor }))
        seen.push(...page.items.map((agent) => agent.uri))
        cursor = page.cursor
      } while (cursor !== null)
      expect(seen).toEqual(names.map(agentUri))
      for (const strange of ['x', 'bnVsbA', 'WzEsMl0', 'W251bGxd']) {
        const page = await store.read((r) =>
          r.agents(DEFAULT_TENANT, { limit: 2, cursor: strange }),
        )
        expect(page).toEqual({ items: [], cursor: null })
      }
    })
  })

  describe('role credentials', () => {
    const credential: RoleCredential = {
      tenant: DEFAULT_TENANT,
      name: 'ann',
      role: 'owner',
      tokenHash: 'hash',
      certificate: null,
      createdAt: T0,
      revokedAt: null,
    }

    it('are found by the hash of the token', async () => {
      const store = await openPlace().open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      const read = await store.read(async (reads) => [
        await reads.roleCredential('hash'),
        await reads.roleCredential('other'),
        await reads.roleCredentials(DEFAULT_TENANT),
      ])
      expect(read).toEqual([credential, undefined, [credential]])
    })

    it.each([
      ['name', { tokenHash: 'another' }],
      ['token', { name: 'bob' }],
    ])('refuse a %s that is taken', async (_, change) => {
      const store = await openPlace().open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      const { result } = await decide(store, (tx) =>
        tx.insertRoleCredential({ ...credential, ...change }),
      )
      expect(result.ok ? 'ok' : result.refusal.code).toBe('conflict')
    })

    it('are revoked once and stay so', async () => {
      const store = await openPlace().open()
      await decide(store, (tx) => tx.insertRoleCredential(credential))
      const revoked: boolean[] = []
      for (const name of ['ann', 'ann', 'bob']) {
        await decide(store, async (tx) => {
          revoked.push(await tx.revokeRoleCredential(DEFAULT_TENANT, name, tx.now))
          return accept(undefined)
        })
      }
      expect(revoked).toEqual([true, false, false])
      const read = await store.read((reads) => reads.roleCredential('hash'))
      expect(read?.revokedAt).toBe(T0)
    })
  })

  describe('answers to idempotent requests', () => {
    const stored = { fingerprint: 'f', answer: '{"a":1}', expiresAt: epochSeconds(T0 + 10) }

    it('are remembered until their end, for one actor and key', async () => {
      const place = openPlace()
      const store = await place.open()
      await decide(store, async (tx) =>
        accept(await tx.recordAnswer(DEFAULT_TENANT, 'ann', 'k', stored)),
      )
      const read = (actor: string, key: string) =>
        store.read((reads) => reads.answer(DEFAULT_TENANT, actor, key))
      expect(await read('ann', 'k')).toEqual({ fingerprint: 'f', answer: '{"a":1}' })
      expect(await read('bob', 'k')).toBeUndefined()
      expect(await read('ann', 'j')).toBeUndefined()
      place.clock.at = stored.expiresAt
      expect(await read('ann', 'k')).toBeUndefined()
    })

    it('give way when they are over, and not before', async () => {
      const place = openPlace()
      const store = await place.open()
      const record = (answer: string, end: number) =>
        decide(store, async (tx) => {
          const next = { fingerprint: 'f', answer, expiresAt: epochSeconds(end) }
          return accept(await tx.recordAnswer(DEFAULT_TENANT, 'ann', 'k', next))
        })
      await record('one', T0 + 10)
      await expect(record('two', T0 + 20)).rejects.toThrow('answered already')
      place.clock.at = epochSeconds(T0 + 10)
      await record('three', T0 + 20)
      const read = await store.read((reads) => reads.answer(DEFAULT_TENANT, 'ann', 'k'))
      expect(read?.answer).toBe('three')
    })
  })
}
