import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type RequestId } from '../../src/domain/ids.ts'
import { CHECKPOINT_RECORDS } from '../../src/domain/limits.ts'
import { accept } from '../../src/domain/result.ts'
import type { RevocationSubject } from '../../src/domain/revocation.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { acceptRollback } from '../../src/store/accept-rollback.ts'
import { markRestored } from '../../src/store/audit/last-checkpoint.ts'
import type { Store } from '../../src/store/ports.ts'
import { type TestPlace, testPlace } from '../support/store.ts'
import { testCheckpointer } from '../support/store-checkpointer.ts'
import { decide, given, redeemed, testAgent, testLease, testSpend } from '../support/store-facts.ts'

const OPERATOR = {
  tenant: DEFAULT_TENANT,
  actor: 'owner:ann',
  request: 'req_1' as RequestId,
} as const

/** A store that decided, was copied, decided more, and was closed. */
async function copied(): Promise<{ readonly place: TestPlace; readonly copy: string }> {
  const place = testPlace()
  const first = await place.open()
  await given(first, { agents: [testAgent('a')] })
  await first.close()
  const copy = join(place.folder, 'copy.db')
  copyFileSync(place.path, copy)
  const second = await place.open()
  await given(second, { agents: [testAgent('b')] })
  await second.close()
  return { place, copy }
}

async function revoked(store: Store, name: string): Promise<void> {
  const subject = `principal:${name}` as RevocationSubject
  const at = store.now()
  const { result } = await store.decide<void>(async (tx) => {
    await tx.recordRevocation(DEFAULT_TENANT, { subject, effect: 'revoked', reason: '', at })
    const record = { event: 'revocation.recorded', outcome: 'allowed', lease: null } as const
    return { result: accept(undefined), record: { ...OPERATOR, ...record, facts: {} } }
  })
  expect(result.ok).toBe(true)
}

function restore({ path }: TestPlace, copy: string): void {
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
  copyFileSync(copy, path)
}

describe('rollback', () => {
  it('I7: is noticed: a store older than the checkpoint beside the keys does not serve', async () => {
    const { place, copy } = await copied()
    await (await place.open()).close()
    restore(place, copy)
    await expect(place.open()).rejects.toMatchObject({ code: 'rolled_back' })
    await expect(place.open()).rejects.toThrow('Restore the newer store, or accept the rollback.')
  })

  it('is not mistaken for a first checkpoint that could not be kept beside the keys', async () => {
    const place = testPlace()
    const failed: unknown[] = []
    const first = await place.open({ failed: (fault) => failed.push(fault) })
    writeFileSync(place.keysDir, 'not a folder')
    await given(first, { agents: [testAgent('a')] })
    await first.close()
    expect(failed).not.toHaveLength(0)
    rmSync(place.keysDir)
    const second = await place.open()
    expect(await second.verifyAudit()).toMatchObject({ whole: true })
  })

  it('to an empty store is noticed', async () => {
    const { place } = await copied()
    rmSync(place.path)
    await expect(place.open()).rejects.toMatchObject({ code: 'rolled_back' })
  })

  it('together with a removed checkpoint is noticed', async () => {
    const { place, copy } = await copied()
    restore(place, copy)
    rmSync(join(place.keysDir, 'last-checkpoint'))
    await expect(place.open()).rejects.toThrow('there is none beside the keys')
  })

  it('behind a checkpoint of somebody else is noticed', async () => {
    const { place } = await copied()
    const checkpoints = { checkpointer: testCheckpointer('another key'), keysDir: place.keysDir }
    await expect(place.open({ checkpoints })).rejects.toThrow('was not signed')
  })

  it('that was refused leaves the checkpoint beside the keys as it is', async () => {
    const { place, copy } = await copied()
    restore(place, copy)
    const kept = readFileSync(join(place.keysDir, 'last-checkpoint'), 'utf8')
    await expect(place.open()).rejects.toThrow()
    expect(readFileSync(join(place.keysDir, 'last-checkpoint'), 'utf8')).toBe(kept)
  })

  it('serves again once it is accepted, with a record of that', async () => {
    const { place, copy } = await copied()
    restore(place, copy)
    const { path, clock, keysDir } = place
    const checkpoints = { checkpointer: testCheckpointer(), keysDir }
    const record = await acceptRollback({ path, clock, checkpoints }, OPERATOR)
    const store = await place.open()
    const rows = await store.read((reads) => reads.auditRows({ chain: record.chain }, 10))
    expect(JSON.parse(rows[0]?.body ?? '')).toMatchObject({
      event: 'authority.rollback_accepted',
      actor: 'owner:ann',
      facts: { chains: 1 },
    })
    expect(await store.verifyAudit()).toMatchObject({ whole: true, chains: 2 })
  })

  it('accepted, ends every session of a browser: nobody knows who signed out since', async () => {
    const place = testPlace()
    const at = place.clock.now()
    const person = { tenant: DEFAULT_TENANT, name: 'ann', certificate: null } as const
    const first = await place.open()
    await decide(first, async (tx) => {
      const terms = { role: 'owner', tokenHash: 'token', createdAt: at, revokedAt: null } as const
      await tx.insertRoleCredential({ ...person, ...terms })
      const expiresAt = epochSeconds(at + 3600)
      const open = { ...person, openedAt: at, usedAt: at, expiresAt }
      for (const secretHash of ['out', 'in']) await tx.insertSession({ ...open, secretHash })
      return accept(undefined)
    })
    await first.close()
    const copy = join(place.folder, 'copy.db')
    copyFileSync(place.path, copy)
    const second = await place.open()
    await decide(second, async (tx) => accept(await tx.endSession('out')))
    await second.close()
    restore(place, copy)
    const { path, clock, keysDir } = place
    const checkpoints = { checkpointer: testCheckpointer(), keysDir }
    await acceptRollback({ path, clock, checkpoints }, OPERATOR)
    const store = await place.open()
    for (const secretHash of ['out', 'in']) {
      expect(await store.read((reads) => reads.session(secretHash))).toBeUndefined()
    }
  })

  it('I9: gives no number of the revocation log again, so nobody follows on across it', async () => {
    const place = testPlace()
    const first = await place.open()
    await revoked(first, 'alice')
    await first.close()
    const copy = join(place.folder, 'copy.db')
    copyFileSync(place.path, copy)
    const second = await place.open()
    await revoked(second, 'lost-1')
    await revoked(second, 'lost-2')
    await second.close()
    restore(place, copy)
    const { path, clock, keysDir } = place
    const checkpoints = { checkpointer: testCheckpointer(), keysDir }
    await acceptRollback({ path, clock, checkpoints }, OPERATOR)
    const store = await place.open()
    for (const name of ['bob', 'carol', 'dave']) await revoked(store, name)
    for (const seen of [1, 2, 3]) {
      const read = await store.read((reads) => reads.revocationChanges(seen, 10))
      expect(read).toMatchObject({ whole: false, changes: [] })
      const { head } = read
      const newest = await store.read((reads) => reads.revocationChanges(head - 1, 10))
      expect(newest.changes.map(({ subject }) => subject)).toEqual(['principal:dave'])
    }
  })

  it('can be accepted without a readable checkpoint', async () => {
    const { place } = await copied()
    rmSync(join(place.keysDir, 'last-checkpoint'))
    const { path, clock, keysDir } = place
    const checkpoints = { checkpointer: testCheckpointer(), keysDir }
    await acceptRollback({ path, clock, checkpoints }, OPERATOR)
    await place.open()
  })
})

describe('a store that was put back', () => {
  it('stays one while a process on the store of before still signs checkpoints', async () => {
    const { place } = await copied()
    const { path, clock, keysDir } = place
    const running = await place.open()
    await markRestored(keysDir, 'Monday')
    await given(running, { agents: [testAgent('c')] })
    await running.close()
    await expect(place.open()).rejects.toThrow('was put back from a backup of Monday')
    const checkpoints = { checkpointer: testCheckpointer(), keysDir }
    await acceptRollback({ path, clock, checkpoints }, OPERATOR)
    const store = await place.open()
    const subject = `tenant:${DEFAULT_TENANT}` as RevocationSubject
    const found = await store.read((reads) => reads.revocations(DEFAULT_TENANT, [subject]))
    expect(found.map(({ effect, reason }) => [effect, reason])).toEqual([['suspended', 'restored']])
    expect(readdirSync(keysDir)).toEqual(['last-checkpoint'])
  })
})

describe('checkpoints', () => {
  const last = (place: TestPlace) => join(place.keysDir, 'last-checkpoint')

  it('are kept beside the keys, private, and no half-written file is left', async () => {
    const { place } = await copied()
    expect(readdirSync(place.keysDir)).toEqual(['last-checkpoint'])
    expect(statSync(last(place)).mode & 0o777).toBe(0o600)
    expect(statSync(place.keysDir).mode & 0o777).toBe(0o700)
  })

  it('come with time while records arrive, and not while nothing happens', async () => {
    const place = testPlace()
    const store = await place.open()
    await given(store, { agents: [testAgent('a')] })
    await new Promise((resolve) => setTimeout(resolve, 2_300))
    const page = await store.read((reads) => reads.checkpoints({ limit: 9, cursor: null }))
    expect(page.items).toHaveLength(1)
    expect(readFileSync(last(place), 'utf8').trim()).toBe(page.items[0]?.jws)
  })

  it(`come after ${CHECKPOINT_RECORDS} records`, async () => {
    const place = testPlace()
    const store = await place.open()
    const lease = testLease('worker')
    await given(store, { agents: [testAgent('worker')], leases: [lease] })
    const spends = Array.from({ length: CHECKPOINT_RECORDS }, () => testSpend(lease))
    await Promise.all(spends.map((spend) => redeemed(store, spend)))
    for (let turn = 0; turn < 100 && !existsSync(last(place)); turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(existsSync(last(place))).toBe(true)
  })

  it('that can not be made are reported, and decisions go on', async () => {
    const place = testPlace()
    const faults: unknown[] = []
    const sign = () => Promise.reject(new Error('no key'))
    const checkpointer = { ...testCheckpointer(), sign }
    const checkpoints = { checkpointer, keysDir: place.keysDir }
    const store = await place.open({ checkpoints, failed: (fault) => faults.push(fault) })
    await given(store, { agents: [testAgent('a')] })
    await store.close()
    expect(faults).toEqual([new Error('no key')])
  })

  it('are not asked of a process that has no keys', async () => {
    const place = testPlace()
    const { path, clock } = place
    const { openSqliteStore } = await import('../../src/store/open.ts')
    const store = await openSqliteStore({ path, clock })
    await given(store, { agents: [testAgent('a')] })
    await store.close()
    expect(existsSync(place.keysDir)).toBe(false)
  })
})
