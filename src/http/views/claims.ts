import type { z } from '@hono/zod-openapi'
import type { TokenClaims } from '../../domain/token.ts'
import { TOKEN_TYP, toWire } from '../../token/wire.ts'
import type { Introspection } from '../../usecases/tokens/introspect-token.ts'
import type { introspectionOut, redeemedOut } from '../schemas/tokens.ts'

/** The claims of a token as they stand in it. */
export function claimsView(claims: TokenClaims): z.input<typeof redeemedOut>['claims'] {
  const wire = toWire(claims)
  const { lineage } = wire.lease
  return {
    ...wire,
    authorization_details: [claims.scope],
    lease: { id: wire.lease.id, lineage: [...lineage] },
  }
}

/** RFC 7662 §2.2: an inactive token is told nothing about. */
export function introspectionView(found: Introspection): z.input<typeof introspectionOut> {
  if (!found.active) return { active: false }
  const { claims } = found
  return { active: true, token_type: TOKEN_TYP[claims.kind], ...claimsView(claims) }
}
