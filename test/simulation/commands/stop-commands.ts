import fc from 'fast-check'
import { DEFAULT_TENANT, type LeaseId } from '../../../src/domain/ids.ts'
import {
  liftSuspension,
  recordRevocation,
  revokeLease,
} from '../../../src/usecases/revocations/revoke.ts'
import { ownerOf, predictLift, predictRevokeLease, stop } from '../model/revocation-rules.ts'
import { lineageOf, type Model, type Prediction } from '../model/state.ts'
import { agentCaller, personCaller } from '../real/authority.ts'
import { AGENTS, uriOf } from '../real/cast.ts'
import { anyLease, askerOf, NAT, someAgent } from './choosing.ts'
import { pick, stepsOf, words } from './kind.ts'

/** A holder, a holder above, an owner or a stranger revokes a lease. */
export const revoke = stepsOf({
  name: 'revoke lease',
  draw: fc.record({ lease: NAT, by: words({ owner: 2, holder: 3, root: 3, anybody: 2 }) }),
  choose(model, { lease: drawn, by }) {
    const lease = anyLease(model, drawn)
    if (lease === undefined) return undefined
    const root = lineageOf(model, lease)[0]?.holder ?? lease.holder
    const names = {
      owner: 'ann',
      holder: lease.holder,
      root,
      anybody: someAgent(model, drawn).name,
    }
    return {
      asker: by === 'owner' ? 'person' : askerOf(model, names[by]),
      lease: lease.id,
    } as const
  },
  predict: (model, { asker, lease }) => predictRevokeLease(model, asker, lease),
  act: ({ world }, { asker, lease }) =>
    revokeLease(world, asker === 'person' ? personCaller('operator') : agentCaller(asker), {
      lease: lease as LeaseId,
      reason: 'simulation',
    }),
  apply(model, { lease }) {
    stop(model, `lease:${lease}`, 'revoked')
  },
})

/** Which kind of subject; what stops everything is rare. */
const SUBJECT = { lease: 10, agent: 4, certificate: 4, key: 2, principal: 2 }

/** A subject of the model's words; `none` when there is no lease yet. */
function subjectFor(model: Model, kind: string, drawn: number): string | undefined {
  const name = pick(Object.keys(AGENTS), drawn) ?? 'ann'
  const lease = anyLease(model, drawn)
  if (kind === 'lease') return lease && `lease:${lease.id}`
  if (kind === 'agent') return `agent:${name}`
  if (kind === 'certificate') return `certificate:${askerOf(model, name).certificate}`
  if (kind === 'key') return `key:${model.key}`
  return kind === 'principal' ? `principal:${AGENTS[name]}` : 'tenant'
}

/** The same subject in the words of the wire. */
function wireSubject(subject: string): string {
  if (subject === 'tenant') return `tenant:${DEFAULT_TENANT}`
  return subject.startsWith('agent:') ? `agent:${uriOf(subject.slice(6))}` : subject
}

/** A person suspends any subject. */
export const suspend = stepsOf({
  name: 'suspend',
  draw: fc.record({ kind: words({ ...SUBJECT, tenant: 1 }), subject: NAT }),
  choose(model, { kind, subject }) {
    const found = subjectFor(model, kind, subject)
    return found === undefined ? undefined : { subject: found }
  },
  predict: (): Prediction => ({ verdict: 'allowed', event: 'revocation.recorded' }),
  act: ({ world }, { subject }) =>
    recordRevocation(world, personCaller('operator'), {
      subject: wireSubject(subject),
      effect: 'suspended',
      reason: 'simulation',
    }),
  apply(model, { subject }) {
    stop(model, subject, 'suspended')
  },
})

/** A person revokes any subject for good. */
export const end = stepsOf({
  name: 'revoke',
  draw: fc.record({
    kind: words({ ...SUBJECT, lease: 40 }),
    subject: NAT,
    by: words({ owner: 8, agent: 1 }),
  }),
  choose(model, { kind, subject, by }) {
    const found = subjectFor(model, kind, subject)
    if (found === undefined) return undefined
    return { subject: found, by: by === 'agent' ? someAgent(model, subject) : undefined }
  },
  predict: (_, { by }): Prediction =>
    by === undefined
      ? { verdict: 'allowed', event: 'revocation.recorded' }
      : { verdict: 'forbidden', event: undefined },
  act: ({ world }, { subject, by }) =>
    recordRevocation(world, by === undefined ? personCaller('owner') : agentCaller(by), {
      subject: wireSubject(subject),
      effect: 'revoked',
      reason: 'simulation',
    }),
  apply(model, { subject }) {
    stop(model, subject, 'revoked')
  },
})

/** A person ends a suspension, or tries to end what is none. */
export const lift = stepsOf({
  name: 'lift',
  draw: fc.record({
    subject: NAT,
    by: words({ owner: 12, stranger: 2, operator: 1 }),
    twist: words({ suspended: 6, any: 1 }),
  }),
  choose(model, { subject, by, twist }) {
    const all = [...model.against]
    const suspended = all.filter(([, effect]) => effect === 'suspended')
    const found = pick(twist === 'any' ? all : suspended, subject)
    if (found === undefined) return undefined
    const own = ownerOf(model, found[0]) ?? 'alice'
    const other = own === 'alice' ? 'bob' : 'alice'
    const role = by === 'operator' ? ('operator' as const) : ('owner' as const)
    return { subject: found[0], by: { role, name: by === 'stranger' ? other : own } }
  },
  predict: (model, { subject, by }) => predictLift(model, by, subject),
  act: ({ world }, { subject, by }) =>
    liftSuspension(world, personCaller(by.role, by.name), { subject: wireSubject(subject) }),
  apply(model, { subject }) {
    model.against.delete(subject)
  },
})
