import { describe, expect, it } from 'vitest'
import type { Enrollment, Registration } from '../../../src/domain/enrollment.ts'
import {
  DEFAULT_TENANT,
  type EnrollmentId,
  type KeyThumbprint,
  type PrincipalId,
  type RegistrationId,
  type TenantId,
} from '../../../src/domain/ids.ts'
import { ENROLLMENT_KEPT_SECONDS } from '../../../src/domain/limits.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { accept, type Result } from '../../../src/domain/result.ts'
import { ASKING_TERMS } from '../../../src/domain/terms.ts'
import { epochSeconds, later } from '../../../src/domain/time.ts'
import type { Page, Store } from '../../../src/store/ports.ts'
import { agentUri, decide, T0, testAgent, testScope } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const FOREIGN = 'other' as TenantId
const RACERS = 20

const enrollment: Enrollment = {
  tenant: DEFAULT_TENANT,
  id: 'enroll_AAAAAAAAAAAAAAAAAAAAAA' as EnrollmentId,
  owner: 'ann' as PrincipalId,
  tokenHash: 'token-hash',
  nonce: 'nonce',
  createdAt: T0,
  expiresAt: later(T0, 120),
  registration: null,
}

const registration: Registration = {
  tenant: DEFAULT_TENANT,
  id: 'reg_AAAAAAAAAAAAAAAAAAAAAA' as RegistrationId,
  enrollment: enrollment.id,
  owner: enrollment.owner,
  uri: agentUri('newcomer'),
  csrPem: 'request',
  key: 'key' as KeyThumbprint,
  attestation: testAgent('newcomer').attestation,
  platform: {
    agentType: null,
    hostname: 'laptop',
    platform: 'linux x64',
    binaryFingerprint: null,
    machineFingerprint: null,
  },
  address: '127.0.0.1',
  collectHash: 'collect-hash',
  challenge: 'challenge',
  step: 'pending',
  grant: null,
  registeredAt: T0,
  expiresAt: later(T0, 3600),
  decidedAt: null,
}

const grant = { contract: testScope(), terms: ASKING_TERMS }

async function registered(store: Store): Promise<void> {
  await decide(store, async (tx) => {
    await tx.insertEnrollment(enrollment)
    await tx.insertRegistration(registration)
    return accept(undefined)
  })
}

const approval = { step: 'approved', grant, at: T0, expiresAt: later(T0, 900) } as const

async function answers(
  store: Store,
  work: (tx: Parameters<Parameters<typeof decide>[1]>[0]) => Promise<boolean>,
): Promise<boolean> {
  let answer = false
  await decide(store, async (tx) => {
    answer = await work(tx)
    return accept(undefined)
  })
  return answer
}

/** Invitations, registrations, and whose every key is. */
export function enrollmentsContract(openPlace: OpenPlace): void {
  describe('invitations', () => {
    it('are found by their token’s hash, and by id in their tenant only', async () => {
      const store = await openPlace().open()
      await decide(store, async (tx) => accept(await tx.insertEnrollment(enrollment)))
      await store.read(async (reads) => {
        expect(await reads.enrollmentOfToken('token-hash')).toEqual(enrollment)
        expect(await reads.enrollmentOfToken('another')).toBeUndefined()
        expect(await reads.enrollment(DEFAULT_TENANT, enrollment.id)).toEqual(enrollment)
        expect(await reads.enrollment(FOREIGN, enrollment.id)).toBeUndefined()
      })
    })

    it('LEASH-14: of twenty registrations at once with one token one wins', async () => {
      const place = openPlace()
      const stores = [await place.open(), await place.open()]
      await decide(stores[0] as Store, async (tx) => accept(await tx.insertEnrollment(enrollment)))
      const race = Array.from({ length: RACERS }, async (_, racer): Promise<Result<void>> => {
        const id = `reg_${String(racer).padStart(21, '0')}A` as RegistrationId
        const { result } = await decide(stores[racer % 2] as Store, async (tx) => {
          const used = await tx.useEnrollment(enrollment.id, { registration: id, at: tx.now })
          if (!used) return refuse('unauthenticated')
          const collectHash = `collect-${racer}`
          await tx.insertRegistration({ ...registration, id, collectHash })
          return accept(undefined)
        })
        return result
      })
      const results = await Promise.all(race)
      expect(results.filter(({ ok }) => ok)).toHaveLength(1)
      const page = await (stores[0] as Store).read((reads) =>
        reads.registrations(DEFAULT_TENANT, { limit: 50, cursor: null }),
      )
      expect(page.items).toHaveLength(1)
      const after = await (stores[1] as Store).read((reads) =>
        reads.enrollmentOfToken('token-hash'),
      )
      expect(after?.registration).toBe(page.items[0]?.id)
    })

    it('LEASH-14: are as they were when the registration is refused', async () => {
      const store = await openPlace().open()
      await decide(store, async (tx) => accept(await tx.insertEnrollment(enrollment)))
      await decide(store, async (tx) => {
        await tx.useEnrollment(enrollment.id, { registration: registration.id, at: tx.now })
        return refuse('conflict')
      })
      const use = { registration: registration.id, at: T0 }
      expect(await answers(store, (tx) => tx.useEnrollment(enrollment.id, use))).toBe(true)
    })

    it('LEASH-15: are over at their end', async () => {
      const store = await openPlace().open()
      await decide(store, async (tx) => accept(await tx.insertEnrollment(enrollment)))
      const late = { registration: registration.id, at: enrollment.expiresAt }
      expect(await answers(store, (tx) => tx.useEnrollment(enrollment.id, late))).toBe(false)
    })
  })

  describe('registrations', () => {
    it('are read as they were made, in their tenant only', async () => {
      const store = await openPlace().open()
      await registered(store)
      await store.read(async (reads) => {
        expect(await reads.registration(DEFAULT_TENANT, registration.id)).toEqual(registration)
        expect(await reads.registration(FOREIGN, registration.id)).toBeUndefined()
        expect(await reads.registrationOfSecret('collect-hash')).toEqual(registration)
      })
    })

    it('are listed newest first, page by page', async () => {
      const store = await openPlace().open()
      const made = [0, 1, 2].map((n) => ({
        ...registration,
        id: `reg_${n}AAAAAAAAAAAAAAAAAAAAA` as RegistrationId,
        enrollment: `enroll_${n}` as EnrollmentId,
        collectHash: `c${n}`,
        registeredAt: later(T0, n === 2 ? 1 : 0),
      }))
      await decide(store, async (tx) => {
        for (const one of made) await tx.insertRegistration(one)
        return accept(undefined)
      })
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const at: string | null = cursor
        const page: Page<Registration> = await store.read((reads) =>
          reads.registrations(DEFAULT_TENANT, { limit: 2, cursor: at }),
        )
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.cursor
      } while (cursor !== null)
      expect(seen).toEqual([made[2]?.id, made[1]?.id, made[0]?.id])
    })

    it('are approved once, and collected once', async () => {
      const store = await openPlace().open()
      await registered(store)
      const decideOn = (tx: Parameters<Parameters<typeof decide>[1]>[0]) =>
        tx.decideRegistration(DEFAULT_TENANT, registration.id, approval)
      const collect = (tx: Parameters<Parameters<typeof decide>[1]>[0]) =>
        tx.collectRegistration(DEFAULT_TENANT, registration.id, T0)
      const waiting = async () => (await store.read((reads) => reads.countWaiting())).registrations
      expect([await waiting(), await answers(store, collect)]).toEqual([1, false])
      expect(await answers(store, decideOn)).toBe(true)
      expect([await waiting(), await answers(store, decideOn)]).toEqual([0, false])
      const approved = await store.read((reads) =>
        reads.registration(DEFAULT_TENANT, registration.id),
      )
      expect(approved).toMatchObject({ step: 'approved', grant, expiresAt: approval.expiresAt })
      expect(await answers(store, collect)).toBe(true)
      expect(await answers(store, collect)).toBe(false)
    })

    it('are denied also after an approval, and not after the collection', async () => {
      const store = await openPlace().open()
      await registered(store)
      const on = (
        decision: typeof approval | { readonly step: 'denied'; readonly at: typeof T0 },
      ) => answers(store, (tx) => tx.decideRegistration(DEFAULT_TENANT, registration.id, decision))
      expect(await on(approval)).toBe(true)
      expect(await on({ step: 'denied', at: T0 })).toBe(true)
      expect(
        await answers(store, (tx) => tx.collectRegistration(DEFAULT_TENANT, registration.id, T0)),
      ).toBe(false)
      expect(await on(approval)).toBe(false)
    })

    it('are over at their end, whatever is decided then', async () => {
      const store = await openPlace().open()
      await registered(store)
      const late = { ...approval, at: registration.expiresAt }
      const tried = (tx: Parameters<Parameters<typeof decide>[1]>[0]) =>
        tx.decideRegistration(DEFAULT_TENANT, registration.id, late)
      expect(await answers(store, tried)).toBe(false)
    })

    it('go with their invitations some time after their end, and not before', async () => {
      const place = openPlace()
      const store = await place.open()
      await registered(store)
      place.clock.at = later(T0, ENROLLMENT_KEPT_SECONDS)
      await store.sweep()
      await store.read(async (reads) => {
        expect(await reads.registration(DEFAULT_TENANT, registration.id)).toBeDefined()
      })
      place.clock.at = later(place.clock.at, 3602)
      await store.sweep()
      await store.read(async (reads) => {
        expect(await reads.registration(DEFAULT_TENANT, registration.id)).toBeUndefined()
        expect(await reads.enrollment(DEFAULT_TENANT, enrollment.id)).toBeUndefined()
      })
    })
  })

  describe('keys', () => {
    const key = 'thumbprint' as KeyThumbprint
    const claimFor = (name: string, tenant = DEFAULT_TENANT) => ({
      key,
      tenant,
      uri: agentUri(name),
      at: epochSeconds(T0),
    })

    it('LEASH-33: belong to one agent for ever, in whatever tenant', async () => {
      const store = await openPlace().open()
      const outcome = async (claim: ReturnType<typeof claimFor>) => {
        const { result } = await decide(store, (tx) => tx.claimKey(claim))
        return result.ok ? 'ok' : result.refusal.code
      }
      expect(await outcome(claimFor('first'))).toBe('ok')
      expect(await outcome(claimFor('first'))).toBe('ok')
      expect(await outcome(claimFor('second'))).toBe('conflict')
      expect(await outcome(claimFor('first', FOREIGN))).toBe('conflict')
      expect(await store.read((reads) => reads.keyHolder(key))).toBe(agentUri('first'))
    })
  })
}
