import fc from 'fast-check'
import type { LeaseId } from '../../../src/domain/ids.ts'
import { createDelegation } from '../../../src/usecases/delegations/create-delegation.ts'
import { redeemDelegation } from '../../../src/usecases/delegations/redeem-delegation.ts'
import { type DelegationAsk, predictAccept, predictDelegate } from '../model/delegation-rules.ts'
import { bear } from '../model/lease-rules.ts'
import { agentOf, leaseOf, type Model, type ModelToken, tokenOf } from '../model/state.ts'
import { agentCaller } from '../real/authority.ts'
import { AGENTS, uriOf } from '../real/cast.ts'
import { requestOf, sorted, termsOf } from '../real/wire.ts'
import { ASK, aimed, askerOf, few, NAT } from './choosing.ts'
import { keep } from './keep-token.ts'
import { pick, same, stepsOf, words } from './kind.ts'
import { USER, userOf } from './lease-commands.ts'

/** A holder delegates a part of its lease to somebody. */
export const delegate = stepsOf({
  name: 'delegate',
  draw: fc.record({
    lease: NAT,
    user: USER,
    delegate: NAT,
    ask: ASK,
    life: fc.option(fc.integer({ min: 20, max: 300 }), { nil: undefined }),
    twist: words({ none: 40, wide: 7, somebody: 3, longToken: 1 }),
  }),
  choose(model, { lease, user, delegate: drawn, ask, life, twist }) {
    const found = userOf(model, lease, user)
    if (found === undefined) return undefined
    const { terms } = leaseOf(model, found.lease)
    const fitting = Object.keys(AGENTS).filter((name) => terms.delegates.includes(name))
    const named =
      twist === 'somebody' ? pick(['gate', 'ghost', 'dan', 'cho'], drawn) : pick(fitting, drawn)
    const name = named ?? 'ben'
    const above = [terms, ...(model.agents.has(name) ? [agentOf(model, name).contract] : [])]
    const asked: DelegationAsk = {
      lease: found.lease,
      delegate: name,
      ask: twist === 'wide' ? few(ask, drawn) : aimed(ask, above, drawn),
      life: twist === 'longToken' ? 301 : life,
    }
    return { asker: found.asker, asked }
  },
  predict: (model, { asker, asked }) => predictDelegate(model, asker, asked),
  act: ({ world }, { asker, asked }) =>
    createDelegation(world, agentCaller(asker), {
      lease: asked.lease as LeaseId,
      delegate: uriOf(asked.delegate),
      scope: requestOf(asked.ask),
      ttlSeconds: asked.life,
    }),
  apply(model, { asked }, { predicted, value, authority }) {
    if (predicted.made === undefined) throw new Error('was allowed')
    const to = askerOf(model, asked.delegate)
    keep(model, authority, value, { ...predicted.made, kind: 'delegation', lease: asked.lease, to })
  },
})

/** A delegation token that could be redeemed now. */
function someDelegation(model: Model, drawn: number): ModelToken | undefined {
  const good = model.tokens.filter((token) => {
    if (token.kind === 'call') return false
    const asker = { name: token.agent, certificate: token.certificate }
    return predictAccept(model, asker, token).verdict === 'allowed'
  })
  return pick(good, drawn)
}

/** A delegate turns its token into a child lease. */
export const accept = stepsOf({
  name: 'accept',
  draw: fc.record({
    token: NAT,
    twist: words({ none: 40, thief: 2, newCertificate: 1, any: 8, otherKind: 1 }),
  }),
  choose(model, { token: drawn, twist }) {
    const kind = twist === 'otherKind' ? 'call' : 'delegation'
    const ofKind = model.tokens.filter((token) => token.kind === kind)
    const loose = twist === 'any' || twist === 'otherKind'
    const token = loose ? pick(ofKind, drawn) : someDelegation(model, drawn)
    if (token === undefined) return undefined
    const own = { name: token.agent, certificate: token.certificate }
    const thief =
      pick(
        Object.keys(AGENTS).filter((name) => name !== token.agent),
        drawn,
      ) ?? 'dan'
    const asker =
      twist === 'thief'
        ? askerOf(model, thief)
        : twist === 'newCertificate'
          ? askerOf(model, token.agent)
          : own
    return { asker, token: token.number }
  },
  predict: (model, { asker, token }) => predictAccept(model, asker, tokenOf(model, token)),
  act: ({ world, signed }, { asker, token }) =>
    redeemDelegation(world, agentCaller(asker), { token: signed[token]?.token ?? '' }),
  apply(model, { asker, token: number }, { predicted, value }) {
    if (predicted.born === undefined) throw new Error('was allowed')
    const { terms, expires } = predicted.born
    const token = tokenOf(model, number)
    same('scope of a child', termsOf(value.scope), sorted(terms))
    same('end of a child', value.expiresAt, expires)
    token.spent = 'yes'
    bear(model, { id: value.id, parent: token.lease, holder: asker.name, terms, expires })
  },
})
