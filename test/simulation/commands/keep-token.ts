import type { SignedToken } from '../../../src/usecases/tokens/sign-claims.ts'
import type { Asker } from '../model/standing.ts'
import { agentOf, type Model, type ModelToken } from '../model/state.ts'
import type { Authority } from '../real/authority.ts'
import { uriOf } from '../real/cast.ts'
import { sorted, termsOf } from '../real/wire.ts'
import { same } from './kind.ts'

/** What the rules say of a token that was given out. */
export interface Ruled {
  readonly kind: ModelToken['kind']
  readonly to: Asker
  readonly lease: string
  readonly terms: ModelToken['terms']
  readonly expires: number
  readonly audience?: string
  readonly pin?: string | undefined
}

/** Holds a token against what was ruled, and keeps it on both sides under one number. */
export function keep(model: Model, authority: Authority, real: SignedToken, ruled: Ruled): void {
  const { kind, to, lease, terms, expires, audience, pin } = ruled
  const { claims } = real
  same('scope of a token', termsOf(claims.scope), sorted(terms))
  same(
    'claims of a token',
    [claims.kind, claims.agent, claims.confirmation.certificate, claims.lease.id, claims.expiresAt],
    [kind, uriOf(to.name), to.certificate, lease, expires],
  )
  const { tier, attestedAt } = agentOf(model, to.name)
  model.tokens.push({
    number: model.tokens.length,
    kind,
    agent: to.name,
    certificate: to.certificate,
    lease,
    terms,
    audience,
    pin,
    expires,
    key: model.key,
    tier,
    attestedAt,
    spent: 'no',
  })
  authority.signed.push(real)
}
