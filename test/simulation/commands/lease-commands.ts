import fc from 'fast-check'
import type { LeaseId } from '../../../src/domain/ids.ts'
import { openLease } from '../../../src/usecases/leases/open-lease.ts'
import { releaseLease } from '../../../src/usecases/leases/release-lease.ts'
import { renewLease } from '../../../src/usecases/leases/renew-lease.ts'
import { bear, predictOpen, predictRelease, predictRenew, renew } from '../model/lease-rules.ts'
import { agentOf, leaseOf, lineageOf, type Model } from '../model/state.ts'
import { agentCaller } from '../real/authority.ts'
import { AGENTS, GATE } from '../real/cast.ts'
import { requestOf, sorted, termsOf } from '../real/wire.ts'
import { ASK, aimed, anyLease, askerOf, few, NAT, someAgent, usableLease } from './choosing.ts'
import { pick, same, stepsOf, words } from './kind.ts'

/** An agent opens a root lease. */
export const open = stepsOf({
  name: 'open',
  draw: fc.record({
    agent: NAT,
    ask: ASK,
    life: fc.option(fc.integer({ min: 200, max: 10_000 }), { nil: undefined }),
    twist: words({ none: 30, wide: 6, long: 1, firstCertificate: 1, notAnAgent: 1 }),
  }),
  choose(model, { agent, ask, life, twist }) {
    const { name } = someAgent(model, agent)
    const { contract } = agentOf(model, name)
    return {
      asker:
        twist === 'notAnAgent'
          ? askerOf(model, GATE)
          : askerOf(model, name, twist === 'firstCertificate' ? 'first' : 'newest'),
      ask: twist === 'wide' ? few(ask, agent) : aimed(ask, [contract], agent),
      life: twist === 'long' ? 20_000 : life,
    }
  },
  predict(model, { asker, ask, life }) {
    return asker.name === GATE
      ? { verdict: 'forbidden' as const, event: undefined }
      : predictOpen(model, asker, ask, life)
  },
  act: ({ world }, { asker, ask, life }) =>
    openLease(world, agentCaller(asker), { scope: requestOf(ask), ttlSeconds: life }),
  apply(model, { asker }, { predicted, value }) {
    if (!('born' in predicted) || predicted.born === undefined) throw new Error('was allowed')
    const { terms, expires } = predicted.born
    same('scope of a root', termsOf(value.scope), sorted(terms))
    same('end of a root', value.expiresAt, expires)
    bear(model, { id: value.id, parent: undefined, holder: asker.name, terms, expires })
  },
})

/** Who uses a lease: its holder, mostly. */
export const USER = words({ holder: 40, above: 1, stranger: 1, firstCertificate: 1, dead: 4 })

/** Somebody with a lease, as the twist says. */
export function userOf(
  model: Model,
  drawn: number,
  twist: 'holder' | 'above' | 'stranger' | 'firstCertificate' | 'dead',
) {
  const lease = twist === 'dead' ? anyLease(model, drawn) : usableLease(model, drawn)
  if (lease === undefined) return undefined
  const holders = lineageOf(model, lease).map(({ holder }) => holder)
  const strangers = Object.keys(AGENTS).filter((name) => !holders.includes(name))
  const name =
    twist === 'above'
      ? holders[0]
      : twist === 'stranger'
        ? (pick(strangers, drawn) ?? lease.holder)
        : lease.holder
  const certificate = twist === 'firstCertificate' ? 'first' : 'newest'
  return { asker: askerOf(model, name ?? lease.holder, certificate), lease: lease.id }
}

/** A holder prolongs a lease. */
export const prolong = stepsOf({
  name: 'renew',
  draw: fc.record({
    lease: NAT,
    user: USER,
    extra: fc.integer({ min: 0, max: 4_000 }),
    twist: words({ none: 20, shorter: 1, longer: 3 }),
  }),
  choose(model, { lease, user, extra, twist }) {
    const found = userOf(model, lease, user)
    if (found === undefined) return undefined
    const { expires, parent, terms } = leaseOf(model, found.lease)
    const left = Math.max(1, expires - model.now)
    const bound = parent === undefined ? left + extra : leaseOf(model, parent).expires - model.now
    const fitting = Math.max(1, Math.min(left + extra, bound, terms.ttl))
    const wanted = {
      none: fitting,
      shorter: Math.max(1, left - 60),
      longer: parent === undefined ? left + 12_000 : bound + 1 + (extra % 60),
    }
    return { ...found, seconds: Math.max(wanted[twist], twist === 'none' ? left : 1) }
  },
  predict: (model, { asker, lease, seconds }) => predictRenew(model, asker, lease, seconds),
  act: ({ world }, { asker, lease, seconds }) =>
    renewLease(world, agentCaller(asker), { lease: lease as LeaseId, ttlSeconds: seconds }),
  apply(model, { lease, seconds }, { value }) {
    renew(model, lease, seconds)
    const { expires, renewals, seconds: granted } = leaseOf(model, lease)
    const { expiresAt, renewals: counted, grantedSeconds } = value
    same('a renewed lease', [expiresAt, counted, grantedSeconds], [expires, renewals, granted])
  },
})

/** A holder gives a lease back. */
export const release = stepsOf({
  name: 'release',
  draw: fc.record({ lease: NAT, user: USER }),
  choose: (model, { lease, user }) => userOf(model, lease, user),
  predict: (model, { asker, lease }) => predictRelease(model, asker, lease),
  act: ({ world }, { asker, lease }) =>
    releaseLease(world, agentCaller(asker), { lease: lease as LeaseId }),
  apply(model, { lease }) {
    leaseOf(model, lease).released = true
  },
})
