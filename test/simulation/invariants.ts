import type { AuditEntry } from '../../src/domain/audit.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import type { Lease } from '../../src/domain/lease.ts'
import { same } from './commands/kind.ts'
import type { Model } from './model/state.ts'
import { fits } from './model/terms.ts'
import { type Authority, isTooMuchAsked } from './real/authority.ts'
import { termsOf } from './real/wire.ts'

/** After a run: the laws over all rows, knowing nothing of what was done, and the audit trail. */
export async function holdInvariants(model: Model, { world }: Authority): Promise<void> {
  const page = { limit: 1_000, cursor: null }
  const { items } = await world.store.read((reads) => {
    return reads.leases({ tenant: DEFAULT_TENANT }, page)
  })
  const byId = new Map(items.map((lease) => [lease.id, lease]))
  for (const lease of items) {
    const ancestors = lease.lineage.slice(0, -1).map((id) => byId.get(id))
    holdLineage(lease, ancestors)
    holdUses(lease, items)
  }
  await holdTrail(model, world.store)
}

function holdLineage(lease: Lease, ancestors: readonly (Lease | undefined)[]): void {
  const { id, lineage, parentId, subject, tenant, expiresAt } = lease
  const depth = lineage.length - 1
  same(`I5: parent of ${id}`, ancestors.at(-1)?.id ?? null, parentId)
  for (const [at, ancestor] of ancestors.entries()) {
    if (ancestor === undefined) throw new Error(`I5: ${id} has lost an ancestor`)
    const above = [ancestor.subject, ancestor.tenant, ancestor.lineage]
    same(
      `I5: root, subject and tenant of ${id}`,
      [subject, tenant, lineage.slice(0, at + 1)],
      above,
    )
    hold(`I2: depth of ${id}`, depth <= ancestor.scope.limits.max_depth)
    hold(`I3: end of ${id}`, expiresAt <= ancestor.expiresAt)
    hold(`I4: scope of ${id}`, fits(termsOf(lease.scope), termsOf(ancestor.scope)))
  }
}

/** I11: no limit is exceeded, and whatever was spent below was debited above. */
function holdUses({ id, usesSpent, scope }: Lease, all: readonly Lease[]): void {
  const max = scope.limits.max_uses
  hold(`I11: uses of ${id}`, max === 'unlimited' || usesSpent <= max)
  const below = all.filter(({ parentId }) => parentId === id)
  const spent = below.reduce((sum, child) => sum + child.usesSpent, 0)
  hold(`I11: uses below ${id}`, spent <= usesSpent)
}

/** I10: one record for each decision and none beside, in a trail that holds together. */
async function holdTrail(model: Model, store: Authority['world']['store']): Promise<void> {
  const verdict = await store.verifyAudit()
  hold(`the audit trail: ${JSON.stringify(verdict)}`, verdict.whole)
  const rows = await store.read((reads) => reads.auditRows({}, 10_000))
  const counts = new Map<string, number>()
  for (const { body } of rows) {
    const key = keyOf(JSON.parse(body))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  same('I10: records', [...counts].sort(), [...model.records].sort())
}

function hold(law: string, holds: boolean): void {
  if (!holds) throw new Error(`${law} does not hold`)
}

/** Who asks a person is recorded as that, however much was asked before. */
function keyOf({ event, outcome, facts }: AuditEntry): string {
  const asked = event === 'approval.requested' || isTooMuchAsked(facts)
  return asked ? 'approval.requested approval_required' : `${event} ${outcome}`
}
