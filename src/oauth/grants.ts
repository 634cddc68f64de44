import type { World } from '../usecases/world.ts'
import { clientCredentials } from './grants/client-credentials.ts'
import type { Grant } from './grants/grant.ts'
import { jwtBearer } from './grants/jwt-bearer.ts'
import { tokenExchange } from './grants/token-exchange.ts'

const GRANTS: readonly Grant[] = [clientCredentials, tokenExchange, jwtBearer]

/** Every grant of the token endpoint, as this deployment is set up. */
export function offeredGrants(world: Pick<World, 'assertions'>): readonly Grant[] {
  return GRANTS.filter(({ isOffered }) => isOffered?.(world) ?? true)
}
