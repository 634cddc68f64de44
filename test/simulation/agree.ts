import { type AgentUri, DEFAULT_TENANT, type Jti, type LeaseId } from '../../src/domain/ids.ts'
import type { Reads } from '../../src/store/ports.ts'
import { listLeases } from '../../src/usecases/leases/read-lease.ts'
import { same } from './commands/kind.ts'
import { heldBelow } from './model/budget-rules.ts'
import { liveChildren, whyNotLive } from './model/standing.ts'
import { lineageOf, type Model, type ModelLease, spentBelow } from './model/state.ts'
import { type Authority, personCaller } from './real/authority.ts'
import { uriOf } from './real/cast.ts'
import { sorted, termsOf } from './real/wire.ts'

/** More leases than a run can make. */
const ALL = { limit: 1_000, cursor: null }
const FREE = Number.POSITIVE_INFINITY
const STATES = { uses_exhausted: 'exhausted' } as Readonly<Record<string, string>>

/** Holds every row against the model: leases and their states, agents, trees, tokens, subjects. */
export async function agree(model: Model, authority: Authority): Promise<void> {
  const { world } = authority
  const listed = await listLeases(world, personCaller('owner'), { page: ALL })
  if (!listed.ok) throw new Error(listed.refusal.code)
  const rows = new Map(listed.value.items.map((item) => [item.lease.id as string, item]))
  same('ids of leases', [...rows.keys()].sort(), [...model.leases.keys()].sort())
  for (const lease of model.leases.values()) {
    const row = rows.get(lease.id)
    if (row === undefined) throw new Error('was compared')
    const dead = whyNotLive(model, lease)
    same(
      `I6: state of ${lease.id}`,
      row.state,
      dead === undefined ? 'live' : (STATES[dead] ?? dead),
    )
    same(`row of ${lease.id}`, factsOf(row.lease), ruledFacts(model, lease))
  }
  await world.store.read((reads) => agreeOnRest(model, authority, reads))
}

function factsOf(lease: Parameters<typeof termsOf>[0] extends never ? never : RealLease) {
  const { lineage, holders, expiresAt, renewals, grantedSeconds, releasedAt, usesSpent } = lease
  const counted = [expiresAt, renewals, grantedSeconds, releasedAt !== null, usesSpent]
  return [lineage, holders, counted, termsOf(lease.scope)]
}

type RealLease = import('../../src/domain/lease.ts').Lease

function ruledFacts(model: Model, lease: ModelLease) {
  const lineage = lineageOf(model, lease)
  const { expires, renewals, seconds, released, terms } = lease
  return [
    lineage.map(({ id }) => id),
    lineage.map(({ holder }) => uriOf(holder)),
    [expires, renewals, seconds, released, spentBelow(model, lease)],
    sorted(terms),
  ]
}

async function agreeOnRest(model: Model, authority: Authority, reads: Reads): Promise<void> {
  for (const [root, leases] of model.trees) {
    same(`size of ${root}`, await reads.countTree(DEFAULT_TENANT, root as LeaseId), leases)
  }
  for (const lease of model.leases.values()) {
    const counted = await reads.countLiveChildren(DEFAULT_TENANT, lease.id as LeaseId, 1_000)
    same(`live children of ${lease.id}`, counted, liveChildren(model, lease))
  }
  for (const lease of model.leases.values()) {
    const rows = await reads.budgets(DEFAULT_TENANT, lease.id as LeaseId)
    const counted = rows.map(({ amount, reserved, spent }) => ({ amount, reserved, spent }))
    const { budget } = lease.terms
    const ruled = budget === FREE ? [] : [{ amount: budget, ...heldBelow(model, lease) }]
    same(`I11: budget of ${lease.id}`, counted, ruled)
  }
  for (const token of model.tokens) {
    const jti = authority.signed[token.number]?.claims.jti as Jti
    const remembered = (await reads.spentToken(DEFAULT_TENANT, jti)) !== undefined
    same(`I7: memory of token ${token.number}`, remembered, token.spent === 'yes')
  }
  for (const agent of model.agents.values()) {
    const row = await reads.agent(DEFAULT_TENANT, uriOf(agent.name) as AgentUri)
    const facts = row && [row.contractVersion, row.certificate, row.owner, row.attestation.at]
    const { version, certificates, owner, attestedAt } = agent
    same(`agent ${agent.name}`, facts, [version, certificates.at(-1), owner, attestedAt])
  }
  const { items } = await reads.listRevocations(DEFAULT_TENANT, ALL)
  const effects = items.map(({ effect }) => effect).sort()
  same('what is stopped', effects, [...model.against.values()].sort())
}
