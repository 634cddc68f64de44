import type { Handle } from '../../domain/handle.ts'
import type { CertificateThumbprint, LeaseId } from '../../domain/ids.ts'
import { ownerOf } from '../../domain/lease.ts'
import {
  HANDLE_ADDRESSES_MAX,
  HANDLE_TTL_SECONDS_DEFAULT,
  HANDLES_PER_LEASE_MAX,
  LEASE_CUMULATIVE_SECONDS_MAX,
} from '../../domain/limits.ts'
import { requireLive } from '../../domain/liveness.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type EpochSeconds, earlier, later } from '../../domain/time.ts'
import { isNetwork } from '../../policy/networks.ts'
import type { Transaction } from '../../store/ports.ts'
import { drawSecret, hashSecret } from '../bearer-secret.ts'
import { actorOf, type Caller, requireOwnOwner, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import { type FoundLease, findHeld, findLease } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/** What is asked of a handle. */
export interface HandleInput {
  readonly lease: LeaseId
  readonly label: string
  readonly ttlSeconds?: number | undefined
  readonly certificate?: CertificateThumbprint | undefined
  readonly addresses: readonly string[]
  /** A text made elsewhere, with what has to be shown beside it; absent: a fresh one is drawn. */
  readonly made?: MadeHandle | undefined
}

/** A lease token of CDP as a handle. It ends with its lease, however often that is renewed. */
export interface MadeHandle {
  readonly text: string
  /** The second secret, which every call has to show. */
  readonly binding: string
  /** The process that may call; null: any. */
  readonly process: string | null
}

/** A new handle and its text, which nobody is told again. */
export interface CreatedHandle {
  readonly handle: Handle
  readonly text: string
}

/** What is kept of a handle's text. */
export function digestOf(text: string): CertificateThumbprint {
  return hashSecret(text) as CertificateThumbprint
}

/**
 * The holder of a live lease (I1), or its accountable owner, makes a bearer reference to it; other
 * owners can only take it away (LEASH-02). It ends with the lease or before. Refusals: `forbidden`,
 * `malformed`, `not_found`, those of I6, `fanout_exceeded` above HANDLES_PER_LEASE_MAX.
 */
export async function createHandle(
  world: World,
  caller: Caller,
  input: HandleInput,
): Promise<Result<CreatedHandle>> {
  const wrong = input.addresses.findIndex((address) => !isNetwork(address))
  if (wrong >= 0 || input.addresses.length > HANDLE_ADDRESSES_MAX) {
    const detail = `At most ${HANDLE_ADDRESSES_MAX} IP addresses or prefixes such as 10.1.0.0/16.`
    const pointer = wrong < 0 ? '/addresses' : `/addresses/${wrong}`
    return refuse('malformed', {}, [{ pointer, code: 'address', detail }])
  }
  const { made } = input
  const text = made?.text ?? drawSecret('wrt_')
  const decided = await decide<Handle>(world, caller, 'handle.created', async (tx, details) => {
    details.lease = input.lease
    const found = await findForHandle(tx, caller, input.lease)
    if (!found.ok) return found
    const standing = await tx.countHandles(caller.tenant, input.lease)
    if (standing >= HANDLES_PER_LEASE_MAX) return refuse('fanout_exceeded', { handles: standing })
    const handle: Handle = {
      id: world.ids.handle(),
      tenant: caller.tenant,
      lease: input.lease,
      digest: digestOf(text),
      label: input.label,
      certificate: input.certificate ?? null,
      addresses: input.addresses,
      binding: made === undefined ? null : hashSecret(made.binding),
      process: made?.process ?? null,
      createdBy: actorOf(caller),
      createdAt: tx.now,
      expiresAt: endOf(input, found.value, tx.now),
      revokedAt: null,
    }
    details.facts = { handle: handle.id, label: handle.label }
    await tx.insertHandle(handle)
    return accept(handle)
  })
  const { result } = decided
  return result.ok ? accept({ handle: result.value, text }) : result
}

/**
 * With the first lease of the lineage that ends, or before. A lease token ends by its lease alone,
 * which each call looks at: the lease may be renewed, up to the most that any lease may last.
 */
function endOf(
  { ttlSeconds = HANDLE_TTL_SECONDS_DEFAULT, made }: HandleInput,
  { lineage }: FoundLease,
  now: EpochSeconds,
): EpochSeconds {
  if (made !== undefined) return later(now, LEASE_CUMULATIVE_SECONDS_MAX)
  const end = later(now, ttlSeconds)
  return lineage.reduce((at, lease) => earlier(at, lease.expiresAt), end)
}

async function findForHandle(
  tx: Transaction,
  caller: Caller,
  lease: LeaseId,
): Promise<Result<FoundLease>> {
  if (caller.kind === 'agent') return findHeld(tx, caller, lease)
  const person = requireRole(caller, 'owner')
  if (!person.ok) return person
  const found = await findLease(tx, caller, lease)
  if (!found.ok) return found
  const owner = requireOwnOwner(caller, ownerOf(found.value.lease))
  if (!owner.ok) return owner
  const live = requireLive(found.value.lineage, found.value.revocations, tx.now)
  return live.ok ? found : live
}
