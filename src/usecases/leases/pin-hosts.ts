import type { NameInTree } from '../../domain/dns-pin.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { DNS_PIN_ADDRESSES_MAX, DNS_PINS_PER_OPENING_MAX } from '../../domain/limits.ts'
import { accept } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { Transaction } from '../../store/ports.ts'
import type { RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'

/** Upstreams this process knows by name, and how their names are resolved. */
export interface UpstreamNames {
  /** A name, and the protected resource behind which it lies. */
  readonly names: readonly { readonly host: string; readonly resource: string }[]
  /** All addresses of a name; rejects when it can not be told soon. */
  readonly resolve: (host: string) => Promise<readonly string[]>
}

/** What the names of upstreams said just before a lease is opened. */
export type AnsweredNames = ReadonlyMap<string, readonly string[]>

/**
 * Asks for the upstreams behind the resources a lease may name, before the transaction that opens
 * it. A name that gives no answer soon is left out: the tree's first call to it pins it then.
 */
export async function askForNames(
  { upstreamNames }: Pick<World, 'upstreamNames'>,
  audiences: readonly string[] | undefined,
): Promise<AnsweredNames> {
  const answered = new Map<string, readonly string[]>()
  if (upstreamNames === undefined) return answered
  const hosts = new Set<string>()
  for (const { host, resource } of upstreamNames.names) {
    if (audiences === undefined || audiences.includes(resource)) hosts.add(host)
  }
  const asked = [...hosts].slice(0, DNS_PINS_PER_OPENING_MAX)
  const ask = async (host: string) => {
    const addresses = await upstreamNames.resolve(host).catch(() => [])
    if (addresses.length > 0) answered.set(host, addresses.slice(0, DNS_PIN_ADDRESSES_MAX))
  }
  await Promise.all(asked.map(ask))
  return answered
}

/** Pins what was answered for a tree born in this transaction, as far as it may go there. */
export async function pinNames(
  world: World,
  tx: Transaction,
  { lease, answered }: { readonly lease: Lease; readonly answered: AnsweredNames },
  details: RecordDetails,
): Promise<void> {
  const { tenant, id: root, scope } = lease
  const reached = (world.upstreamNames?.names ?? []).filter(({ resource }) =>
    scope.audiences.includes(resource),
  )
  const hosts = [...new Set(reached.map(({ host }) => host))].filter((host) => answered.has(host))
  for (const host of hosts) {
    await tx.pinAddresses({ tenant, root, host, addresses: answered.get(host) ?? [] })
  }
  if (hosts.length > 0) details.facts = { ...details.facts, pinned: hosts.join(' ') }
}

/** Pins of trees in the store, for the gateway of this process. */
export interface PinsInStore {
  read(name: NameInTree): Promise<readonly string[] | undefined>
  /** Pins a name at a tree's first call; answers the addresses that stand. */
  pin(name: NameInTree, addresses: readonly string[]): Promise<readonly string[]>
  /** The pinned addresses no longer answer, and the name has others now: tells the tree's owner. */
  moved(name: NameInTree): Promise<void>
}

/** Opens them. Each pin and each move is a decision with a record (I10). */
export function pinsInStore(
  { store, ids }: Pick<World, 'store' | 'ids'>,
  tenant: TenantId,
): PinsInStore {
  const record = ({ root, host }: NameInTree) => ({
    outcome: 'allowed' as const,
    tenant,
    actor: 'authority' as const,
    request: ids.request(),
    lease: root,
    facts: { host },
  })
  return {
    read: (name) => store.read((reads) => reads.pinnedAddresses({ ...name, tenant })),
    async pin(name, addresses) {
      const pin = { ...name, tenant, addresses: addresses.slice(0, DNS_PIN_ADDRESSES_MAX) }
      const { result } = await store.decide<readonly string[]>(async (tx) => ({
        result: accept(await tx.pinAddresses(pin)),
        record: { event: 'tree.pinned', ...record(name) },
      }))
      if (!result.ok) throw new Error('pinning is never refused')
      return result.value
    },
    async moved(name) {
      const { root, host } = name
      await store.decide<void>(async (tx) => {
        const subject = subjectOf('lease', root)
        const told = { severity: 'warning', subject, lease: root, facts: { host } } as const
        await tx.raiseAlert({ tenant, kind: 'upstream.moved', ...told })
        return {
          result: accept(undefined),
          record: { event: 'tree.pin_unanswered', ...record(name) },
        }
      })
    },
  }
}
