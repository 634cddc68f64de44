import { setTimeout } from 'node:timers/promises'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { NO_LEASE } from '../support/http-examples.ts'
import type { Ask, Face, Inexpressible } from './acts.ts'
import { DELEGATION, ELSEWHERE, LIMITS, RESOURCE, type Stage } from './stage.ts'

/** Who asks: an agent, or somebody with its kind of certificate. */
export type As = Stage['stranger']

/** A request as bytes, at an address of the face that takes a body. */
export interface Raw {
  readonly method: string
  readonly type?: string
  readonly body?: string
}

/** How agents ask through one face; each answers the word they hear, or `allowed`. */
export interface Asking {
  readonly name: string
  open(stage: Stage, as: As, scope: ScopeRequest): Promise<string>
  /** Takes a call token from a lease. */
  take?(stage: Stage, as: As, lease: string, audience: string): Promise<string>
  delegate?(stage: Stage, as: As, lease: string, to: As, scope: ScopeRequest): Promise<string>
  redeem?(stage: Stage, as: As, token: string): Promise<string>
  raw?(stage: Stage, as: As, raw: Raw): Promise<string>
  /** A body that has a member twice, in the form of the face. */
  readonly twice?: string
  /** Acts that it has no words for, and why. */
  readonly without?: Partial<Record<Ask, Inexpressible>>
}

type Try = (stage: Stage) => Promise<string>
type Verbs = Omit<Asking, 'without'>
/** An act by the verbs that it needs; undefined where the face has no such verb. */
type Recipe = (face: Verbs) => Try | undefined

const opening =
  (from: (stage: Stage) => Promise<As>, change: Partial<ScopeRequest> = {}): Recipe =>
  (face) =>
  async (stage) => {
    const as = await from(stage)
    return face.open(stage, as, stage.scope(change))
  }

const taking =
  (lease: (stage: Stage) => Promise<string>, audience = RESOURCE): Recipe =>
  ({ take }) =>
    take && (async (stage) => take(stage, stage.holder, await lease(stage), audience))

const passing =
  (of: Partial<ScopeRequest>, asked: Partial<ScopeRequest> = {}): Recipe =>
  ({ delegate }) =>
    delegate &&
    (async (stage) => {
      const lease = await stage.lease(stage.holder, of)
      return delegate(stage, stage.holder, lease, stage.other, stage.scope({ ...LEAF, ...asked }))
    })

const redeeming =
  (work: (stage: Stage, redeem: (as: As, token: string) => Promise<string>) => Promise<string>) =>
  ({ redeem }: Verbs) =>
    redeem && ((stage: Stage) => work(stage, (as, token) => redeem(stage, as, token)))

const raw =
  (of: (face: Verbs) => Raw | undefined): Recipe =>
  (face) => {
    const sent = of(face)
    const { raw: send } = face
    return send && sent && ((stage) => send(stage, stage.holder, sent))
  }

/** What is passed on to somebody who passes nothing on. */
const LEAF = {
  limits: { ...LIMITS, ttl_seconds: 300, max_depth: 1 },
  delegation: { allowed: false },
} as const satisfies Partial<ScopeRequest>

async function delegationFor(
  stage: Stage,
  to: As,
  change: Partial<ScopeRequest> = {},
): Promise<string> {
  const lease = await stage.lease(stage.holder, change)
  const body = { lease_id: lease, delegate: to.uri, scope: stage.scope({ ...LEAF, ...change }) }
  const seen = await stage.holder.ask('POST', '/v1/delegations', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.token
}

async function barred(stage: Stage, effect: 'revoked' | 'suspended'): Promise<As> {
  const agent = await stage.fresh()
  await stage.bar(`agent:${agent.uri}`, effect)
  return agent
}

/** Its end is waited for: certificates are judged by the real clock as well. */
async function over(stage: Stage): Promise<string> {
  const lease = await stage.lease(stage.holder, { limits: { ...LIMITS, ttl_seconds: 1 } })
  await setTimeout(2_000)
  return lease
}

async function ended(stage: Stage, how: 'revoke' | 'release'): Promise<string> {
  const lease = await stage.lease()
  const body = how === 'revoke' ? { body: { reason: 'a test' } } : {}
  const seen = await stage.holder.ask('POST', `/v1/leases/${lease}/${how}`, body)
  if (seen.status !== 200) throw new Error(seen.text)
  return lease
}

/** A signature of as many bytes, by nobody. */
export function forged(token: string): string {
  const [header, claims] = token.split('.')
  return `${header}.${claims}.${Buffer.alloc(64, 7).toString('base64url')}`
}

const RECIPES: Readonly<Record<Ask, Recipe>> = {
  'nothing that is forbidden': opening(async ({ holder }) => holder),
  'to be heard without being enrolled': opening(async ({ stranger }) => stranger),
  'after it was revoked': opening((stage) => barred(stage, 'revoked')),
  'while it is suspended': opening((stage) => barred(stage, 'suspended')),
  'too often':
    ({ open }) =>
    async (stage) => {
      const { site, agent } = stage.hurried
      await agent.ask('GET', '/v1/leases')
      return open({ ...stage, site }, agent, stage.scope())
    },
  'for more than its contract': opening(async ({ holder }) => holder, {
    grants: [{ type: 'http', hosts: ['service.example'], methods: ['GET'], paths: ['/**'] }],
  }),
  'for a lease that a policy denies':
    ({ open }) =>
    (stage) =>
      stage.under('deny', () => open(stage, stage.holder, stage.scope())),
  'for a lease that needs a yes':
    ({ open }) =>
    (stage) =>
      stage.under('prompt', () => open(stage, stage.holder, stage.scope())),
  'with the lease of another': taking((stage) => stage.lease(stage.other)),
  'with a lease that nobody has': taking(async () => NO_LEASE),
  'with a lease that was revoked': taking((stage) => ended(stage, 'revoke')),
  'with a lease that was released': taking((stage) => ended(stage, 'release')),
  'with a lease that is over': taking(over),
  'for a token of another audience': taking((stage) => stage.lease(), ELSEWHERE),
  'to pass on more than it has': passing({
    grants: [{ type: 'http', hosts: ['service.example'], methods: ['GET'], paths: ['/a/x'] }],
  }),
  'to pass on what may not be passed on': passing({ delegation: { allowed: false } }),
  'to pass it on to whom it may not go': passing({
    delegation: { ...DELEGATION, delegates: ['spiffe://acme.example/agent/nobody'] },
  }),
  'to pass it on deeper than allowed': passing(
    { limits: { ...LIMITS, max_depth: 0 } },
    { limits: { ...LEAF.limits, max_depth: 0 } },
  ),
  'with the delegation of another': redeeming(async (stage, redeem) =>
    redeem(stage.holder, await delegationFor(stage, stage.other)),
  ),
  'with a delegation twice': redeeming(async (stage, redeem) => {
    const token = await delegationFor(stage, stage.other)
    const first = await redeem(stage.other, token)
    return first === 'allowed' ? redeem(stage.other, token) : `first ${first}`
  }),
  'with a delegation for elsewhere, which stays whole': redeeming(async (stage, redeem) => {
    const token = await delegationFor(stage, stage.other, { audiences: [ELSEWHERE] })
    const heard = await redeem(stage.other, token)
    const seen = await stage.other.ask('POST', '/v1/delegations/redeem', { body: { token } })
    return seen.status === 201 ? heard : `${heard}, and then ${seen.json.code}`
  }),
  'with a delegation that is forged': redeeming(async (stage, redeem) =>
    redeem(stage.other, forged(await delegationFor(stage, stage.other))),
  ),
  'with a body that can not be read': raw(() => ({ method: 'POST', body: '{' })),
  'with a member twice': raw(({ twice }) =>
    twice === undefined ? undefined : { method: 'POST', body: twice },
  ),
  'with a body that is too large': raw(() => ({ method: 'POST', body: `"${'x'.repeat(1e5)}"` })),
  'with a body of another type': raw(() => ({ method: 'POST', type: 'text/plain', body: 'x' })),
  'by another method': raw(() => ({ method: 'PATCH' })),
  'while the store is away':
    ({ open }) =>
    (stage) =>
      stage.withoutStore(() => open(stage, stage.holder, stage.scope())),
}

/** A face at which agents ask, tried by every act that it has words for. */
export function askFace({ without = {}, ...verbs }: Asking): Face<Ask> {
  const entries = Object.entries(RECIPES).map(([act, recipe]) => {
    const told = without[act as Ask] ?? recipe(verbs)
    if (told === undefined) throw new Error(`${verbs.name} does not say why it lacks: ${act}`)
    return [act, told]
  })
  return { name: verbs.name, tries: Object.fromEntries(entries) as Face<Ask>['tries'] }
}
