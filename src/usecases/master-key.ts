import { sealingLabel, vouchedText } from '../domain/credential.ts'
import { DEFAULT_TENANT, type RequestId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept } from '../domain/result.ts'
import { StoreFault } from '../store/fault.ts'
import type { ReplacementState, ResealedRows, Resealer } from '../store/ports/master-key.ts'
import type { Store, Transaction } from '../store/ports.ts'
import {
  fingerprintOf,
  MARK_LABEL,
  type MasterKeys,
  remarked,
  resealed,
} from '../vault/envelope.ts'
import { webhookLabel } from './alerts/webhook-sender.ts'
import type { World } from './world.ts'

/**
 * To be asked before anything sealed is written, in the same transaction: a process whose master
 * key was replaced under it would seal what nobody opens any more. Throws a fault `status_unknown`.
 */
export async function requireMasterKey(
  world: Pick<World, 'vault'>,
  tx: Transaction,
): Promise<void> {
  if (await tx.holdMasterKey(world.vault.fingerprint)) return
  const sentence = 'The master key was replaced while this process ran: start it anew.'
  throw new StoreFault('status_unknown', sentence)
}

/** Where the old key came from and where the new one comes from, for the record. */
export interface MasterKeyKinds {
  readonly from: string
  readonly to: string
}

/**
 * Seals all of a store under another master key. One record says that it was begun, one that it is
 * over, each in the transaction of its effect (I10); run again after it was cut off, it does what
 * is left. Answers undefined when the store was done before. Throws as `requireReplaceable` does.
 */
export async function resealStore(
  store: Store,
  setup: {
    readonly keys: MasterKeys
    readonly kinds: MasterKeyKinds
    readonly request: RequestId
    readonly report: (done: number, total: number) => void
  },
): Promise<ResealedRows | undefined> {
  const { keys, kinds, report } = setup
  const [from, to] = [fingerprintOf(keys.from), fingerprintOf(keys.to)]
  const record = {
    tenant: DEFAULT_TENANT,
    actor: 'authority',
    request: setup.request,
    lease: null,
    outcome: 'allowed',
  } as const
  const { from: kindBefore, to: kindAfter } = kinds
  const told = { from: kindBefore, to: kindAfter }
  const state = await requireReplaceable(store, keys)
  if (state === 'over') return undefined
  if (state === 'not_begun') {
    await store.decide(async (tx) => {
      await tx.beginMasterKey(from, to)
      return {
        result: accept(undefined),
        record: { ...record, event: 'master_key.replacing', facts: told },
      }
    })
  }
  const rows = await store.sealed.reseal(resealerOf(keys), report)
  const { unopened, ...counted } = rows
  const facts = { ...told, ...counted, unopened: unopened.length }
  const ended = await store.decide(async (tx) => {
    const done = await tx.endMasterKey(to)
    const result = done ? accept(undefined) : refuse('conflict')
    const outcome = result.ok ? ('allowed' as const) : result.refusal.code
    return { result, record: { ...record, outcome, event: 'master_key.replaced', facts } }
  })
  return ended.result.ok ? rows : undefined
}

/** How far it is; throws a plain sentence when the store is sealed under a third key. */
export async function requireReplaceable(
  store: Store,
  { from, to }: MasterKeys,
): Promise<Exclude<ReplacementState, 'another_key'>> {
  const [before, after] = [fingerprintOf(from), fingerprintOf(to)]
  const state = await store.read((reads) => reads.masterKeyState(before, after))
  if (state !== 'another_key') return state
  throw new Error('What the store holds is sealed under another master key.')
}

function resealerOf(keys: MasterKeys): Resealer {
  return {
    mark: (credential) =>
      remarked(keys, MARK_LABEL, { text: vouchedText(credential), mark: credential.mark }),
    version: (version, sealed) => resealed(keys, sealingLabel(version, version.version), sealed),
    webhook: (id, secret) => resealed(keys, webhookLabel(id), secret),
  }
}
