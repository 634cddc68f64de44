import { setTimeout } from 'node:timers/promises'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { usd } from '../support/budgets.ts'
import type { Peer } from '../support/http.ts'
import type { Call, Face, Inexpressible } from './acts.ts'
import { forged } from './asks.ts'
import { ELSEWHERE, LIMITS, RESOURCE, type Stage } from './stage.ts'

/** Who calls and where to. */
export interface Shown {
  readonly as: Peer
  readonly path: string
}

/** How calls go through one face: with what they are shown, and what is heard then. */
export interface Calling<Bearer> {
  readonly name: string
  /** Takes what a call is shown with out of a lease of the holder. */
  take(stage: Stage, holder: Peer, lease: string, more: More): Promise<Bearer>
  /** Shows it, or nothing; answers the word, or `allowed`. */
  show(stage: Stage, bearer: Bearer | undefined, call: Shown): Promise<string>
  /** The same with another signature. */
  forge?(bearer: Bearer): Bearer
  /** Something that was signed for another purpose. */
  otherKind?(stage: Stage): Promise<Bearer>
  /** Acts that it has no words for, and why. */
  readonly without?: Partial<Record<Call, Inexpressible>>
}

/** What is special about what is taken. */
export interface More {
  readonly audience?: string
  readonly ttl_seconds?: number
}

type Try = (stage: Stage) => Promise<string>

const PATH = '/a/1'

/** The acts of one face, by its two verbs. */
function triesOf<Bearer>(face: Calling<Bearer>): Readonly<Record<Call, Try | undefined>> {
  const { take, show, forge, otherKind } = face
  /** Takes one of a lease like this, does something, and shows it. */
  const after =
    (
      work: (stage: Stage, of: { readonly lease: string; readonly as: Peer }) => Promise<unknown>,
      {
        change = {},
        more = {},
        path = PATH,
        whose = async (stage: Stage) => stage.holder,
      }: Case = {},
    ): Try =>
    async (stage) => {
      const as = await whose(stage)
      const lease = await stage.lease(as, change)
      const bearer = await take(stage, as, lease, more)
      await work(stage, { lease, as })
      return show(stage, bearer, { as, path })
    }
  /** Takes two of a lease like this; the second is to hear the word. */
  const second =
    (limits: object): Try =>
    async (stage) => {
      const as = stage.holder
      const lease = await stage.lease(as, { limits: { ...LIMITS, ...limits } })
      const bearers = [await take(stage, as, lease, {}), await take(stage, as, lease, {})]
      const [first, next] = bearers
      const heard = await show(stage, first, { as, path: PATH })
      return heard === 'allowed' ? show(stage, next, { as, path: PATH }) : `first ${heard}`
    }
  const within =
    (how: (stage: Stage, work: () => Promise<string>) => Promise<string>): Try =>
    async (stage) => {
      const as = stage.holder
      const bearer = await take(stage, as, await stage.lease(), {})
      return how(stage, () => show(stage, bearer, { as, path: PATH }))
    }
  const nothing = async () => undefined
  const whose = (stage: Stage) => stage.fresh()
  return {
    'nothing that is forbidden': after(nothing),
    'without a token': (stage) => show(stage, undefined, { as: stage.holder, path: PATH }),
    'with a token that is forged':
      forge &&
      (async (stage) => {
        const bearer = await take(stage, stage.holder, await stage.lease(), {})
        return show(stage, forge(bearer), { as: stage.holder, path: PATH })
      }),
    'with a token of another kind':
      otherKind &&
      (async (stage) => show(stage, await otherKind(stage), { as: stage.holder, path: PATH })),
    'with the token of another': async (stage) => {
      const bearer = await take(stage, stage.holder, await stage.lease(), {})
      return show(stage, bearer, { as: stage.other, path: PATH })
    },
    'with a token twice': async (stage) => {
      const bearer = await take(stage, stage.holder, await stage.lease(), {})
      const call = { as: stage.holder, path: PATH }
      const heard = await show(stage, bearer, call)
      return heard === 'allowed' ? show(stage, bearer, call) : `first ${heard}`
    },
    'with a token for another audience': after(nothing, {
      change: { audiences: [ELSEWHERE] },
      more: { audience: ELSEWHERE },
    }),
    'with a token that is over': after(() => setTimeout(2_000), { more: { ttl_seconds: 1 } }),
    'after its lease was revoked': after((stage, { lease }) => stage.bar(`lease:${lease}`)),
    'after its holder was revoked': after((stage, { as }) => stage.bar(`agent:${as.uri}`), {
      whose,
    }),
    'while its holder is suspended': after(
      (stage, { as }) => stage.bar(`agent:${as.uri}`, 'suspended'),
      { whose },
    ),
    'outside its scope': after(nothing, { path: '/b/1' }),
    'by a path that is not canonical': after(nothing, { path: '/a/../a/1' }),
    'with no uses left': second({ max_uses: 1 }),
    'with no budget left': second({ budgets: [usd(1)] }),
    'faster than its rate': second({ rate: { requests: 1, per_seconds: 3_600 } }),
    'against a policy': within((stage, work) => stage.under('deny', work)),
    'without the yes that a policy asks for': within((stage, work) => stage.under('prompt', work)),
    'while the store is away': within((stage, work) => stage.withoutStore(work)),
  }
}

interface Case {
  readonly change?: Partial<ScopeRequest>
  readonly more?: More
  readonly path?: string
  readonly whose?: (stage: Stage) => Promise<Peer>
}

/** A face at which calls are judged, tried by every act that it has words for. */
export function callFace<Bearer>(face: Calling<Bearer>): Face<Call> {
  const entries = Object.entries(triesOf(face)).map(([act, attempt]) => {
    const told = face.without?.[act as Call] ?? attempt
    if (told === undefined) throw new Error(`${face.name} does not say why it lacks: ${act}`)
    return [act, told]
  })
  return { name: face.name, tries: Object.fromEntries(entries) as Face<Call>['tries'] }
}

/** Takes a call token by the REST face. */
export async function callToken(
  _stage: Stage,
  holder: Peer,
  lease: string,
  { audience = RESOURCE, ...more }: More,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const body = { lease_id: lease, audience, ...more }
  const seen = await holder.ask('POST', '/v1/tokens', { body, headers })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.tokens[0].token
}

/** A delegation token, which is no call token. */
export async function delegationToken(stage: Stage): Promise<string> {
  const scope = stage.scope({ limits: { ...LIMITS, ttl_seconds: 60 } })
  const body = { lease_id: await stage.lease(stage.other), delegate: stage.holder.uri, scope }
  const seen = await stage.other.ask('POST', '/v1/delegations', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.token
}

/** What faces have in common that take a call token. */
export const TOKENS = { take: callToken, forge: forged, otherKind: delegationToken } as const
