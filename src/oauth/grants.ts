import { clientCredentials } from './grants/client-credentials.ts'
import type { Grant } from './grants/grant.ts'
import { tokenExchange } from './grants/token-exchange.ts'

/** Every grant of the token endpoint. */
export const GRANTS: readonly Grant[] = [clientCredentials, tokenExchange]
