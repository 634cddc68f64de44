import fc from 'fast-check'
import type { CertificateThumbprint, Jti, LeaseId } from '../../../src/domain/ids.ts'
import type { Result } from '../../../src/domain/result.ts'
import { systemIds } from '../../../src/system.ts'
import { signToken } from '../../../src/token/sign.ts'
import { mintTokens } from '../../../src/usecases/tokens/mint-tokens.ts'
import { readReceipt } from '../../../src/usecases/tokens/read-receipt.ts'
import { redeemTokens } from '../../../src/usecases/tokens/redeem-token.ts'
import { isCounted } from '../model/budget-rules.ts'
import type { Asker } from '../model/standing.ts'
import { leaseOf, type Model, type ModelToken, type Prediction, tokenOf } from '../model/state.ts'
import {
  type Call,
  predictMint,
  predictSpend,
  spend as spent,
  whyNoEnforcement,
} from '../model/token-rules.ts'
import { type Authority, agentCaller } from '../real/authority.ts'
import { AGENTS, GATE, uriOf } from '../real/cast.ts'
import { costOf, requestOf, targetOf } from '../real/wire.ts'
import { ASK, AUDIENCES, aimed, askerOf, few, NAT, RIGHTS } from './choosing.ts'
import { keep } from './keep-token.ts'
import { pick, same, stepsOf, words } from './kind.ts'
import { USER, userOf } from './lease-commands.ts'

/** A holder takes call tokens from its lease. */
export const mint = stepsOf({
  name: 'mint',
  draw: fc.record({
    lease: NAT,
    user: USER,
    count: fc.integer({ min: 1, max: 3 }),
    ask: fc.option(ASK, { nil: undefined }),
    pick: NAT,
    life: fc.option(fc.integer({ min: 20, max: 300 }), { nil: undefined }),
    twist: words({ none: 40, wide: 5, unpinned: 2, otherAudience: 1, none_at_all: 1, long: 1 }),
  }),
  choose(model, { lease, user, count, ask, pick: drawn, life, twist }) {
    const found = userOf(model, lease, user)
    if (found === undefined) return undefined
    const { terms } = leaseOf(model, found.lease)
    const narrower = ask === undefined ? undefined : aimed(ask, [terms], drawn)
    const asked = twist === 'wide' && ask !== undefined ? few(ask, drawn) : narrower
    const needsPin = terms.pinned || asked?.pinned === true
    const pin = twist !== 'unpinned' && (needsPin || drawn % 5 === 0) ? drawn : undefined
    return {
      asker: found.asker,
      asked: {
        lease: found.lease,
        audience: pick(twist === 'otherAudience' ? AUDIENCES : terms.audiences, drawn) ?? '',
        count: twist === 'none_at_all' ? 0 : count,
        ask: asked,
        life: twist === 'long' ? 301 : life,
        pin: pin === undefined ? undefined : pick(asked?.rights ?? terms.rights, pin),
      },
    }
  },
  predict: (model, { asker, asked }) => predictMint(model, asker, asked),
  act({ world }, { asker, asked }) {
    const { pin, ask } = asked
    return mintTokens(world, agentCaller(asker), {
      lease: asked.lease as LeaseId,
      audience: asked.audience,
      count: asked.count,
      scope: ask && requestOf(ask),
      ttlSeconds: asked.life,
      pin: pin === undefined ? undefined : { method: 'GET', target: targetOf(pin) },
    })
  },
  apply(model, { asker, asked }, { predicted, value, authority }) {
    if (predicted.made === undefined) throw new Error('was allowed')
    const { lease, audience, pin } = asked
    same('tokens of one request', value.length, asked.count)
    for (const one of value) {
      keep(model, authority, one, {
        ...predicted.made,
        kind: 'call',
        to: asker,
        lease,
        audience,
        pin,
      })
    }
  },
})

/** How one presentation goes: over the store, or through an enforcement point without one. */
export interface Presented {
  readonly asker: Asker
  readonly token: number
  readonly call: Call
  readonly through: 'store' | 'authority' | 'nobody'
  readonly point: Asker
}

/** Call tokens that would be spent now. */
export function spendable(model: Model): readonly ModelToken[] {
  return model.tokens.filter((token) => {
    const call = plainCall(model, token)
    return (
      token.kind === 'call' &&
      predictSpend(model, ownerOf(token), token, call).verdict === 'allowed'
    )
  })
}

/** A call that the token covers, at the least cost where somebody counts it. */
export function plainCall(model: Model, token: ModelToken): Call {
  const cost = isCounted(model, token.lease) || token.terms.budget < 100 ? 1 : undefined
  return { audience: token.audience ?? '', right: rightOf(token, 0), cost }
}

/** Who may present a token. */
export function ownerOf(token: ModelToken): Asker {
  return { name: token.agent, certificate: token.certificate }
}

/** A right that the token covers. */
export function rightOf(token: ModelToken, drawn: number): string {
  return token.pin ?? pick(token.terms.rights, drawn) ?? 'a'
}

function otherRight({ terms }: ModelToken, drawn: number): string {
  const others = RIGHTS.filter((right) => !terms.rights.includes(right))
  return pick(others, drawn) ?? pick(RIGHTS, drawn) ?? 'a'
}

/** A call at an enforcement point. */
export const spend = stepsOf({
  name: 'spend',
  draw: fc.record({
    token: NAT,
    right: NAT,
    through: words({ store: 6, authority: 3, nobody: 1 }),
    cost: words({ least: 12, more: 6, none: 1 }),
    twist: words({
      none: 50,
      again: 8,
      any: 4,
      alive: 8,
      thief: 2,
      newCertificate: 5,
      otherAudience: 1,
      otherRight: 3,
      otherKind: 1,
      forged: 1,
    }),
  }),
  choose(model, { token: drawn, right, through, cost, twist }): Presented | undefined {
    const token = tokenFor(model, drawn, twist)
    if (token === undefined) return undefined
    const thief =
      pick(
        Object.keys(AGENTS).filter((name) => name !== token.agent),
        drawn,
      ) ?? 'dan'
    const own = ownerOf(token)
    const asker =
      twist === 'thief'
        ? { ...askerOf(model, thief), ...(drawn % 2 ? { certificate: token.certificate } : {}) }
        : twist === 'newCertificate'
          ? askerOf(model, token.agent)
          : own
    const audience = twist === 'otherAudience' ? pick(AUDIENCES, right) : token.audience
    return {
      asker,
      token: token.number,
      call: {
        audience: audience ?? AUDIENCES[0] ?? '',
        right: twist === 'otherRight' ? otherRight(token, right) : rightOf(token, right),
        cost: { least: plainCall(model, token).cost, more: 1 + (right % 12), none: undefined }[
          cost
        ],
        ...(twist === 'forged' ? { forged: true } : {}),
      },
      through: through === 'nobody' && right % 4 > 0 ? 'store' : through,
      point: askerOf(model, GATE),
    }
  },
  predict(model, { asker, token, call, through, point }): Prediction {
    if (through === 'nobody') return { verdict: 'forbidden', event: undefined }
    const refused =
      through === 'authority' ? whyNoEnforcement(model, point, call.audience) : undefined
    if (refused !== undefined) return { verdict: refused, event: undefined }
    return predictSpend(model, asker, tokenOf(model, token), call)
  },
  act: present,
  apply(model, { token, call, through }) {
    const point = through === 'authority' ? GATE : null
    spent(model, tokenOf(model, token), { cost: call.cost, point })
  },
})

function tokenFor(model: Model, drawn: number, twist: string): ModelToken | undefined {
  const { tokens } = model
  if (twist === 'otherKind')
    return pick(
      tokens.filter(({ kind }) => kind === 'delegation'),
      drawn,
    )
  const calls = tokens.filter(({ kind }) => kind === 'call')
  if (twist === 'any') return pick(calls, drawn)
  if (twist === 'alive')
    return pick(
      calls.filter(({ expires }) => expires > model.now),
      drawn,
    )
  if (twist === 'again') {
    const used = calls.filter((token) => token.spent === 'yes' && token.expires > model.now)
    return pick(used, drawn)
  }
  return pick(spendable(model), drawn)
}

/** Presents a token to the real thing. */
export async function present(
  authority: Authority,
  presented: Presented,
): Promise<Result<unknown>> {
  const { asker, token, call, through, point } = presented
  const one = authority.signed[token]
  if (one === undefined) throw new Error('every token of the model was signed')
  const { stranger } = authority.material
  const text = call.forged === true ? await signToken(stranger, one.claims) : one.token
  const certificate = asker.certificate as CertificateThumbprint
  const peer = { uri: uriOf(asker.name), certificate }
  const request = { type: 'http', method: 'GET', target: targetOf(call.right) } as const
  const { audience, cost } = call
  const stated = cost === undefined ? {} : { costs: [costOf(cost)] }
  const requestId = systemIds.request()
  if (through === 'store') {
    return authority.admission(audience)({ token: text, peer, request, requestId, ...stated })
  }
  const caller = agentCaller(through === 'nobody' ? asker : point)
  const redemption = { token: text, audience, peer, request, requestId, ...stated }
  const redeemed = await redeemTokens(authority.world, caller, [redemption])
  if (!redeemed.ok) return redeemed
  const [only] = redeemed.value
  if (only === undefined) throw new Error('one redemption has one outcome')
  return only
}

/** The holder of a token asks what became of it. */
export const receipt = stepsOf({
  name: 'receipt',
  draw: fc.record({ token: NAT, twist: words({ spent: 8, any: 1, stranger: 1 }) }),
  choose(model, { token: drawn, twist }) {
    const used = model.tokens.filter(({ spent: state }) => state === 'yes')
    const token = pick(twist === 'any' ? model.tokens : used, drawn)
    if (token === undefined) return undefined
    const asker = twist === 'stranger' ? askerOf(model, 'dan') : ownerOf(token)
    return { asker, token: token.number }
  },
  predict(model, { asker, token }): Prediction {
    const { spent: state, certificate } = tokenOf(model, token)
    const told = state === 'yes' && certificate === asker.certificate
    return { verdict: told ? 'allowed' : 'not_found', event: undefined }
  },
  act: ({ world, signed }, { asker, token }) =>
    readReceipt(world, agentCaller(asker), { jti: signed[token]?.claims.jti as Jti }),
})
