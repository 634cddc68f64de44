import type { Jti } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { SigningKey } from './key.ts'
import { signCompact } from './sign.ts'

/** Tokens that are not to be taken although they have not ended, at one moment. */
export interface TokenList {
  /** The authority whose tokens they are. */
  readonly authority: string
  readonly issuedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  /** Since when each has been void. */
  readonly revoked: ReadonlyMap<Jti, EpochSeconds>
}

/** What CDP calls whoever publishes the list (CDPX-31). */
const PUBLISHER = 'cdp-gate-revocation'

/**
 * Signs the list of CDPX-31, typ `cdp-revocations+jwt`, with the key of status lists: both say the
 * same of what is out, and nothing else. `iss` is the word that CDP prescribes; whose gate it is
 * stands in `gate`.
 */
export function signTokenList(key: SigningKey, list: TokenList): Promise<string> {
  const { authority: gate, issuedAt: iat, expiresAt: exp, revoked } = list
  const entries = [...revoked].map(([jti, at]) => [jti, new Date(at * 1_000).toISOString()])
  const payload = { iss: PUBLISHER, gate, iat, exp, revoked_entries: Object.fromEntries(entries) }
  return signCompact(key, { purpose: 'status', typ: 'cdp-revocations+jwt', payload })
}
